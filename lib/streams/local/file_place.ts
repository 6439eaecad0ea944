import { statSync } from "node:fs";

const LOOK_EVERY_MS = 100; // looking takes some hundredths of a millisecond

/** A file that is open does not lie where it was opened any more. */
export class FileGoneError extends Error {}

/**
 * Whether a file that is open still lies where it was opened. Whoever moves it away, deletes it or cuts it is told of by nobody: SQLite
 * goes on in the file that it has, which others do not see any more.
 */
export class FilePlace {
  readonly #file: string;
  readonly #first: string;
  #lookedAt = performance.now();
  #isLeft = false;

  /** The file is open. */
  constructor(file: string) {
    this.#file = file;
    this.#first = identityOf(file) ?? "";
  }

  /** Whether it had gone when this was looked at last, a tenth of a second ago at most. */
  get isLeft(): boolean {
    const now = performance.now();
    return now - this.#lookedAt < LOOK_EVERY_MS ? this.#isLeft : this.#look(now);
  }

  /** @throws {FileGoneError} If it had gone when this was looked at last. */
  refuseLeft(): void {
    if (this.isLeft) throw gone();
  }

  /** @throws {FileGoneError} If it has gone: what was written is where nobody finds it. */
  refuseLeftNow(): void {
    if (this.#look(performance.now())) throw gone();
  }

  #look(now: number): boolean {
    this.#lookedAt = now;
    const identity = identityOf(this.#file);
    this.#isLeft = identity !== undefined && identity !== this.#first;
    return this.#isLeft;
  }
}

function gone(): FileGoneError {
  return new FileGoneError(
    "the file was moved away, deleted or emptied while it was open: who subscribes again reads the one in its place",
  );
}

/** Another where another file lies there, or none; undefined where nobody can tell. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino, size } = statSync(file, { bigint: true });
    return size === 0n ? "empty" : `${dev}/${ino}`;
  } catch (error) {
    return (error as { code?: string }).code === "ENOENT" ? "none" : undefined;
  }
}
