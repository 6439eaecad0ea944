import { hasRunAgain, type RunningCell, runningCell } from "./cell.ts";

interface Entry<Item> {
  readonly item: Item;
  /** The notebook cell that it comes from; undefined for what stays whatever runs again. */
  readonly cell: RunningCell | undefined;
}

/**
 * What the cells of a notebook have told, in the order of the cells' first runs. When a cell runs again, what its earlier run told is
 * gone, and what it tells now stands in the old place: the rest is as if it had always been so.
 */
export class Contributions<Item> {
  #entries: Entry<Item>[] = [];

  /** Adds something that the running cell tells; with `isLasting`, whatever cell it is. */
  add(item: Item, { isLasting = false }: { isLasting?: boolean } = {}): void {
    const now = isLasting ? undefined : runningCell();
    const place = now === undefined ? this.#entries.length : this.#placeFor(now);
    this.#entries.splice(place, 0, { item, cell: now && { id: now.id, execution: now.execution } });
  }

  /** What holds now. */
  get live(): Item[] {
    return this.#entries.filter(({ cell }) => cell === undefined || !hasRunAgain(cell)).map(({ item }) => item);
  }

  /** Where a cell goes on telling; takes out what its earlier run told. */
  #placeFor(now: RunningCell): number {
    const isEarlier = ({ cell }: Entry<Item>) => cell?.id === now.id && cell.execution !== now.execution;
    const first = this.#entries.findIndex(isEarlier);
    if (first >= 0) {
      this.#entries = this.#entries.filter((entry) => !isEarlier(entry));
      return first;
    }
    const last = this.#entries.findLastIndex(({ cell }) => cell?.id === now.id);
    return last < 0 ? this.#entries.length : last + 1;
  }
}
