import { dirname, join } from "node:path";

/** What is kept of a schedule between its times, and between its processes. */
export interface KeptTicks {
  /** The last time that came, or was left out, ISO 8601. */
  readonly last: string;
  /** The next, for those who ask; undefined where that was the last of all. */
  readonly next: string | undefined;
  /** How many events there were. */
  readonly fired: number;
  /** How many times were left out since the event before was not done. */
  readonly skipped: number;
  /** How many times nothing ran. */
  readonly missed: number;
}

/** Keeps what is known of a schedule, for all processes that go by it. */
export interface TickKeeper {
  /** Reads what is kept, and keeps what `change` gives, if anything; of all processes one at a time. */
  change(schedule: TickPlace, change: (kept: KeptTicks | undefined) => Promise<KeptTicks | undefined>): Promise<void>;
}

/** Whose schedule it is. */
export interface TickPlace {
  /** The group that the function reads as. */
  readonly group: string;
  readonly name: string;
}

/** Keeps it in this process. */
export class MemoryTickKeeper implements TickKeeper {
  readonly #kept = new Map<string, KeptTicks>();
  readonly #turns = new Map<string, Promise<void>>();

  change(
    { group, name }: TickPlace,
    change: (kept: KeptTicks | undefined) => Promise<KeptTicks | undefined>,
  ): Promise<void> {
    const key = JSON.stringify([group, name]);
    const before = this.#turns.get(key) ?? Promise.resolve();
    const turn = before.catch(() => {}).then(async () => {
      const next = await change(this.#kept.get(key));
      if (next !== undefined) this.#kept.set(key, next);
    });
    this.#turns.set(key, turn);
    return turn;
  }
}

const LENGTH = 256; // written in one go, so that a kill leaves the old or the new

/** Keeps it in a folder, a file each, which one process at a time has. */
export class FileTickKeeper implements TickKeeper {
  readonly #folder: string;

  /** @param folder Where the files lie. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async change(
    place: TickPlace,
    change: (kept: KeptTicks | undefined) => Promise<KeptTicks | undefined>,
  ): Promise<void> {
    const path = tickFile(this.#folder, place);
    await Deno.mkdir(dirname(path), { recursive: true });
    using file = await Deno.open(path, { read: true, write: true, create: true });
    await file.lock(true); // the system lets go of it when its owner dies
    const bytes = new Uint8Array(LENGTH);
    const length = await file.read(bytes) ?? 0;
    const next = await change(keptOf(new TextDecoder().decode(bytes.subarray(0, length))));
    if (next === undefined) return;
    await file.seek(0, Deno.SeekMode.Start);
    await file.write(new TextEncoder().encode(`${JSON.stringify(next).padEnd(LENGTH - 1)}\n`));
  }
}

/** What a folder keeps of a schedule; undefined where it has not run. */
export async function readTicks(folder: string, place: TickPlace): Promise<KeptTicks | undefined> {
  return keptOf(await Deno.readTextFile(tickFile(folder, place)).catch(() => ""));
}

/** Forgets all that a folder keeps of a group's schedules. */
export async function forgetTicks(folder: string, group: string): Promise<void> {
  await Deno.remove(join(folder, fileName(group)), { recursive: true }).catch((error: Error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

function tickFile(folder: string, { group, name }: TickPlace): string {
  return join(folder, fileName(group), `${fileName(name)}.json`);
}

function fileName(name: string): string {
  return encodeURIComponent(name).replace(/^\./, "%2E").replaceAll("*", "%2A");
}

/** Undefined where the file is new, or no longer what was written. */
function keptOf(text: string): KeptTicks | undefined {
  try {
    const { last, next, fired, skipped, missed } = JSON.parse(text) as KeptTicks;
    return Number.isNaN(Date.parse(last)) ? undefined : { last, next, fired, skipped, missed };
  } catch {
    return undefined;
  }
}
