/** Tells who hangs up, by the machine's own table of connections: `Deno.serve` 2.9.6 sees it of small requests alone. */

import { SYSTEM_CLOCK } from "../../flow/system_clock.ts";
import type { Clock } from "../../graph/clock.ts";

/** What the connections are looked at with. */
export interface LookingParts {
  /** Gives the table. Default: the machine's. */
  readonly read?: () => Promise<string>;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** A connection that is looked at. */
interface Watched {
  readonly left: () => void;
  /** How often in a row the table had it not: a table that changes while it is read may leave one out. */
  missing: number;
}

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const LOOK_MS = 250;
const IDLE_TO_WORK = 20; // a long table is looked at less often
const MISSES = 2;
const LINE = /: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]{2}) /g;
const LISTENING = "0A";
const LEFT = new Set(["07", "08"]); // closed; closed by the other side, which waits for us

/** Looks after the connections of one port, while somebody waits for an answer. */
export class HangUps {
  readonly #port: string;
  readonly #read: () => Promise<string>;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Set<Watched>>();
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;

  constructor(port: number, { read = readTables, clock = SYSTEM_CLOCK }: LookingParts = {}) {
    this.#port = hexOf(port);
    this.#read = read;
    this.#clock = clock;
  }

  /** One for a port that listens; undefined where there is no table, it may not be read, or it does not tell of the port. */
  static async open(port: number, parts: LookingParts = {}): Promise<HangUps | undefined> {
    const { read = readTables } = parts;
    const lines = (await read()).matchAll(LINE);
    const own = hexOf(port);
    return lines.some(([, port, , state]) => port === own && state === LISTENING)
      ? new HangUps(port, parts)
      : undefined;
  }

  /** Calls back when the other side of a connection has hung up; gives what ends the watch. */
  watch(remote: Pick<Deno.NetAddr, "hostname" | "port">, left: () => void): () => void {
    const key = keyOf(remote);
    if (key === undefined) return () => {};
    const watched: Watched = { left, missing: 0 };
    const all = this.#watched.get(key) ?? new Set(); // requests of HTTP/2; or one port of theirs to two addresses of ours
    this.#watched.set(key, all.add(watched));
    this.#plan(LOOK_MS);
    return () => {
      this.#forget(key, watched);
      this.#plan(LOOK_MS);
    };
  }

  #forget(key: string, watched: Watched): void {
    const all = this.#watched.get(key);
    all?.delete(watched);
    if (all?.size === 0) this.#watched.delete(key);
  }

  /** Watches nobody any more. */
  async close(): Promise<void> {
    this.#watched.clear();
    this.#plan(LOOK_MS);
    await this.#looking;
  }

  /** There is a look to come as long as somebody is watched and nobody looks. */
  #plan(afterMs: number): void {
    if (this.#watched.size === 0) {
      this.#cancel?.();
      this.#cancel = undefined;
    } else if (this.#looking === undefined) this.#cancel ??= this.#clock.schedule(afterMs, () => this.#begin());
  }

  #begin(): void {
    this.#cancel = undefined;
    const start = performance.now();
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
      this.#plan(Math.max(LOOK_MS, IDLE_TO_WORK * (performance.now() - start)));
    });
  }

  async #look(): Promise<void> {
    const asked = [...this.#watched].flatMap(([key, all]) => [...all].map((watched) => ({ key, watched }))); // not who comes meanwhile
    const states = this.#statesOf(await this.#read());
    for (const { key, watched } of states.size > 0 ? asked : []) {
      if (this.#watched.get(key)?.has(watched) !== true || !hasLeft(watched, states.get(key))) continue;
      this.#forget(key, watched);
      watched.left();
    }
  }

  /** The state of each connection of the port, by the other side's address: of several, one that goes on. */
  #statesOf(table: string): ReadonlyMap<string, string> {
    const states = new Map<string, string>();
    for (const [, port, remote, state] of table.matchAll(LINE)) {
      if (port !== this.#port) continue;
      const key = shortened(remote!);
      const other = states.get(key);
      if (other === undefined || LEFT.has(other)) states.set(key, state!);
    }
    return states;
  }
}

function hasLeft(watched: Watched, state: string | undefined): boolean {
  watched.missing = state === undefined ? watched.missing + 1 : 0;
  return state === undefined ? watched.missing >= MISSES : LEFT.has(state);
}

async function readTables(): Promise<string> {
  const allowed = TABLES.filter((path) => Deno.permissions.querySync({ name: "read", path }).state === "granted"); // nobody is asked
  const [four = "", six = ""] = await Promise.all(allowed.map((path) => Deno.readTextFile(path).catch(() => "")));
  return `${four}${six}`;
}

/** An address as the table writes it; undefined where it is none. */
function keyOf({ hostname, port }: Pick<Deno.NetAddr, "hostname" | "port">): string | undefined {
  const four = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(hostname);
  const bytes = four === null ? bytesOf(hostname) : four.slice(1).map(Number);
  if (bytes === undefined) return undefined;
  const words = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.slice(4 * index, 4 * index + 4));
  const text = words.map((word) => word.reverse().map((byte) => byte.toString(16).padStart(2, "0")).join("")).join("");
  return `${text.toUpperCase()}:${hexOf(port)}`;
}

/** The sixteen bytes of an address of version 6, without a zone. */
function bytesOf(hostname: string): number[] | undefined {
  const [head = "", tail] = hostname.replace(/%.*/, "").split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)];
  const all = [...before, ...new Array(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
  const isWhole = all.length === 8 && all.every((group) => group >= 0 && group <= 0xffff);
  return isWhole ? all.flatMap((group) => [group >> 8, group & 0xff]) : undefined;
}

const MAPPED = "0000000000000000FFFF0000"; // an address of version 4 in a table of version 6

function shortened(remote: string): string {
  return remote.startsWith(MAPPED) ? remote.slice(MAPPED.length) : remote;
}

function hexOf(port: number): string {
  return port.toString(16).padStart(4, "0").toUpperCase();
}
