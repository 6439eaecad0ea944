import { StreamError } from "../errors.ts";

/** What a path may say behind `?`. */
export interface PathOptions {
  /** How many partitions a stream gets that is made, 1 to 1,024. */
  readonly partitions?: number;
  /** How many records may wait for the slowest group, 1 or more. */
  readonly capacity?: number;
  /** How long records are kept, in milliseconds; in the path `90s`, `30m`, `12h` or `7d`. */
  readonly retention?: number;
  /** Whether the stream is made where there is none. */
  readonly create?: boolean;
}

/** A path, taken apart. */
export interface StreamPath {
  /** The path without what stands behind `?`. */
  readonly name: string;
  readonly options: PathOptions;
}

const MOST_PARTITIONS = 1_024;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Takes a path apart: the same words mean the same in every driver.
 *
 * @param known The options that the driver has.
 * @throws {StreamError} If the path names no stream, or says something that there is not.
 */
export function readStreamPath(path: string, known: readonly (keyof PathOptions)[]): StreamPath {
  const [name = "", query = ""] = path.split("?", 2);
  if (/^[a-z][a-z0-9+.-]*:\/\/$/i.test(name)) throw new StreamError(`Cannot open ${path}: it names no stream`);
  const options: { -readonly [Name in keyof PathOptions]: PathOptions[Name] } = {};
  for (const [key, text] of new URLSearchParams(query)) {
    const option = known.find((other) => other === key);
    if (option === undefined) {
      throw new StreamError(`Cannot open ${path}: there is no "${key}", only ${listOf(known)}`);
    }
    if (option === "create") options.create = readFlag(path, text);
    else options[option] = option === "retention" ? readTime(path, text) : readCount(path, option, Number(text));
  }
  return { name, options };
}

/**
 * A number that a stream is opened with.
 *
 * @throws {StreamError} If it is none that may be.
 */
export function readCount(path: string, option: "partitions" | "capacity", count: number): number {
  const most = option === "partitions" ? MOST_PARTITIONS : Number.MAX_SAFE_INTEGER;
  if (Number.isSafeInteger(count) && count >= 1 && count <= most) return count;
  throw new StreamError(`Cannot open ${path}: ${option} is ${count}; give a whole number, 1 to ${most}`);
}

function readTime(path: string, text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new StreamError(`Cannot open ${path}: retention is "${text}"; give a time as in 90s, 30m, 12h or 7d`);
}

function readFlag(path: string, text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new StreamError(`Cannot open ${path}: create is "${text}"; give true or false`);
}

function listOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}
