import { type Logger, pino } from "pino";
import pretty from "pino-pretty";
import type { Settings } from "../settings/settings.ts";

/** Whether each line of the log is a JSON object: where there is no terminal, unless the settings say which. */
export function isJson({ format }: Settings["logging"]): boolean {
  return format === "json" || (format === "auto" && !process.stderr.isTTY);
}

/** Logs go to stderr: for people on a terminal, as JSON elsewhere, unless the settings say which. */
export function createLogger(settings: Settings["logging"]): Logger {
  const { level } = settings;
  if (isJson(settings)) {
    const named = { level: (label: string) => ({ level: label }) };
    return pino(
      { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: named },
      pino.destination({ dest: 2, sync: true }),
    );
  }
  const colorize = process.stderr.isTTY && !process.env.NO_COLOR;
  return pino(
    { level, base: null },
    pretty({ destination: 2, sync: true, colorize, translateTime: "SYS:HH:MM:ss", singleLine: true }),
  );
}
