import { pino } from "pino";

export interface Settings {
  readonly port: number;
  readonly level: string;
}

/** What the environment says. Throws an error that names the variable. */
export function readSettings({ PORT: port = "8000", LOG_LEVEL: level = "info" }: NodeJS.ProcessEnv): Settings {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`PORT must be 0 to 65535, not ${port}`);
  const levels = [...Object.keys(pino.levels.values), "silent"];
  if (!levels.includes(level)) throw new Error(`LOG_LEVEL must be one of ${levels.join(", ")}, not ${level}`);
  return { port: Number(port), level };
}
