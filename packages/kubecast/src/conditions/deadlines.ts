/** A binary heap of things due at a time; what is no longer wanted is skipped when it comes up. */
export class Deadlines<T> {
  readonly #heap: { due: number; item: T }[] = [];

  get next(): number | undefined {
    return this.#heap[0]?.due;
  }

  push(due: number, item: T): void {
    const heap = this.#heap;
    const node = { due, item };
    let index = heap.push(node) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.due <= due) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = node;
  }

  /** Takes the earliest item that is due, or nothing. */
  pop(now: number): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.due > now) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first.item;
  }

  #sink(node: { due: number; item: T }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const right = heap[child + 1];
      let below = heap[child];
      if (below === undefined) break;
      if (right !== undefined && right.due < below.due) {
        child += 1;
        below = right;
      }
      if (below.due >= node.due) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = node;
  }
}
