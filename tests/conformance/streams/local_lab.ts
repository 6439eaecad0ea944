import { setTimeout as pause } from "node:timers/promises";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import { openDatabase } from "../../../lib/streams/local/local_database.ts";
import { LocalLog } from "../../../lib/streams/local/local_log.ts";
import { readLocalPath } from "../../../lib/streams/local/local_path.ts";
import { openLocal, SESSION_MS } from "../../../lib/streams/local/open_local.ts";
import { WriteQueue } from "../../../lib/streams/local/write_queue.ts";
import { TestClock } from "../../../lib/testing/test_clock.ts";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { StreamLab } from "./contract.ts";
import { localCases } from "./local_cases.ts";
import type { Trial } from "./main.ts";

const PATH = "local://lab";
const BEAT_MS = SESSION_MS / 3;

/** A new stream in a folder of its own. Each that opens it has a connection of its own, as another process would. */
export async function openLocalLab(options: { capacityRecords?: number } = {}): Promise<StreamLab> {
  const folder = await Deno.makeTempDir({ prefix: "levada_streams_" });
  const clock = new TestClock(1_700_000_000_000);
  const open = <Body>(path: string, more = {}) => openLocal<Body>(path, { clock, folder, ...more });
  /** The clock goes no faster than heartbeats are written, so that only who is dead is taken for dead. */
  async function advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= BEAT_MS) {
      await clock.advance(Math.min(left, BEAT_MS));
      await pause(2);
    }
  }
  return {
    open: <Body>() => open<Body>(PATH, options),
    openDeadLetters: () => open(deadLetterPath(PATH)),
    async crash(stream) {
      await (stream as DrivenStream<unknown>).abandon();
      await advance(SESSION_MS + BEAT_MS);
    },
    now: () => clock.now(),
    advance,
    async publishForeign({ body, headers }) {
      const database = await openDatabase(readLocalPath(PATH, { folder }));
      const queue = new WriteQueue(database, () => {});
      const record = { key: undefined, bytes: new TextEncoder().encode(body), headers };
      await queue.write("publish", () => new LocalLog(database).append([record], clock.now()));
      queue.close();
      database.close();
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** What the driver is tried with: files in a folder of their own. */
export async function localTrial(): Promise<Trial> {
  const folder = await Deno.makeTempDir({ prefix: "levada_state_" });
  const before = Deno.env.get("LEVADA_STATE");
  Deno.env.set("LEVADA_STATE", folder);
  const more = await localCases();
  return {
    open: openLocalLab,
    cases: more.cases,
    bench: {
      streams: "local://{name}",
      sessionMs: 1_500,
      list: async () => (await Array.fromAsync(Deno.readDir(`${folder}/streams`), ({ name }) => name)).sort(),
    },
    async [Symbol.asyncDispose]() {
      await more[Symbol.asyncDispose]();
      if (before === undefined) Deno.env.delete("LEVADA_STATE");
      else Deno.env.set("LEVADA_STATE", before);
      await Deno.remove(folder, { recursive: true });
    },
  };
}
