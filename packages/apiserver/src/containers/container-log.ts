/** One write of a container, with the time of it, milliseconds since 1970. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** With its line end, which only the last one may lack. */
  readonly text: string;
}

/** What a container writes: the lines of its run and of the one before. */
export class ContainerLog {
  readonly #clock: () => number;
  #lines: LogLine[] = [];
  #previous: LogLine[] | undefined;
  #ended = false;
  readonly #listeners = new Set<() => void>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The lines so far: the same array, which grows, to the end of the run. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Those of the run before; undefined where there was none. */
  get previous(): readonly LogLine[] | undefined {
    return this.#previous;
  }

  /** True once the container has ended: nothing more comes. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Text of one or more lines; where the last has no end yet, the next write goes on with it. */
  write(text: string): void {
    const time = this.#clock();
    for (const part of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
      const last = this.#lines.at(-1);
      if (last !== undefined && !last.text.endsWith("\n")) {
        this.#lines[this.#lines.length - 1] = { time: last.time, text: last.text + part };
      } else {
        this.#lines.push({ time, text: part });
      }
    }
    this.#changed();
  }

  /** The container ends: who follows its log or is attached to it comes to an end. */
  end(): void {
    this.#ended = true;
    this.#changed();
  }

  /** The container runs anew: what was written becomes the log of the previous run. */
  restart(): void {
    this.end();
    this.#previous = this.#lines;
    this.#lines = [];
    this.#ended = false;
  }

  /** Calls the listener after each change, until the function that this returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
