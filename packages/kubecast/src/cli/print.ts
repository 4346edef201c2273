import { styleText } from "node:util";
import type { ConditionEvent } from "../conditions/event.ts";
import { formatDuration } from "../settings/duration.ts";

type Style = Parameters<typeof styleText>[0];

const severityStyles: Readonly<Record<string, Style>> = { critical: "red", warning: "yellow", info: "cyan" };

/** Writes messages for people: one a line, in columns, colours only on a terminal. */
export class Printer {
  readonly #colour: boolean;

  constructor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env) {
    this.#colour = stream.isTTY === true && !env.NO_COLOR;
  }

  /**
   * `18:45:21 FIRING   critical PodCrashLoopBackOff    shop/checkout-x2k9p    container api keeps crashing`
   * `18:45:52 RESOLVED critical PodCrashLoopBackOff    shop/checkout-x2k9p/api    recovered after 31s`
   */
  message({ data, time }: ConditionEvent): string {
    const { object, element, severity, summary } = data;
    const resolved = data.status === "resolved";
    const name = object.namespace === undefined ? object.name : `${object.namespace}/${object.name}`;
    // What is said once on a line need not be said twice.
    const said = !resolved && (element === null || summary.includes(element));
    const place = said ? name : `${name}/${element ?? ""}`.replace(/\/$/, "");
    const own = `${object.kind.toLowerCase()} ${object.name} `;
    const what = resolved
      ? `${data.reason} after ${lasted(data.startsAt, data.endsAt)}`
      : summary.startsWith(own)
        ? summary.slice(own.length)
        : summary;
    // What is shown is a terminal's to carry out: nothing but text may reach it.
    const text = (part: string) => part.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
    return [
      this.#style("dim", new Date(time).toTimeString().slice(0, 8)),
      resolved
        ? this.#style("green", "RESOLVED")
        : this.#style(["bold", severityStyles[severity] ?? "red"], "FIRING  "),
      this.#style(resolved ? "dim" : (severityStyles[severity] ?? "reset"), text(severity).padEnd(8)),
      text(data.rule).padEnd(23),
      text(place).padEnd(34),
      text(what),
    ].join(" ");
  }

  note(text: string): string {
    return this.#style("dim", text);
  }

  #style(style: Style | readonly Style[], text: string): string {
    return this.#colour ? styleText(style as Style, text, { validateStream: false }) : text;
  }
}

/** In tenths of a second below ten, in seconds above. */
function lasted(startsAt: string, endsAt: string | null): string {
  const milliseconds = Date.parse(endsAt ?? startsAt) - Date.parse(startsAt);
  const grain = milliseconds < 10_000 ? 100 : 1_000;
  return milliseconds < 10_000
    ? `${Math.round(milliseconds / grain) / 10}s`
    : formatDuration(Math.round(milliseconds / grain) * grain);
}
