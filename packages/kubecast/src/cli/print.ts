import { styleText } from "node:util";
import type { ConditionEvent } from "../conditions/event.ts";
import { formatDuration } from "../settings/duration.ts";

type Style = Parameters<typeof styleText>[0];

/** Writes messages for people: one a line, in columns, colours only on a terminal. */
export class Printer {
  readonly #colour: boolean;

  constructor(stream: NodeJS.WriteStream) {
    this.#colour = stream.isTTY === true && !process.env["NO_COLOR"];
  }

  /** `18:45:21 FIRING   critical PodCrashLoopBackOff pods/shop/checkout/api  container api keeps crashing` */
  message({ data, subject, time }: ConditionEvent, prefix = ""): string {
    const resolved = data.status === "resolved";
    const state = resolved ? this.#style("green", "RESOLVED") : this.#style("red", "FIRING  ");
    const what = resolved
      ? `${data.reason} after ${this.#lasted(data.startsAt, data.endsAt)}: ${data.summary}`
      : data.summary;
    const severity = this.#style(data.severity === "critical" ? "bold" : "reset", data.severity.padEnd(8));
    const at = this.#style("dim", new Date(time).toTimeString().slice(0, 8));
    return `${prefix}${at} ${state} ${severity} ${data.rule.padEnd(23)} ${subject.padEnd(38)} ${what}`;
  }

  heading(text: string): string {
    return this.#style("bold", text);
  }

  note(text: string): string {
    return this.#style("dim", text);
  }

  #lasted(startsAt: string, endsAt: string | null): string {
    const milliseconds = Date.parse(endsAt ?? startsAt) - Date.parse(startsAt);
    return formatDuration(
      milliseconds < 10_000 ? Math.round(milliseconds / 100) * 100 : Math.round(milliseconds / 1_000) * 1_000,
    );
  }

  #style(style: Style, text: string): string {
    return this.#colour ? styleText(style, text) : text;
  }
}
