import { deepStrictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { queue, serving } from "levada";
import { testBench } from "levada/testing";
import { preparePython } from "../../../lib/cli/python.ts";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import type { StreamRecord } from "../../../lib/streams/stream.ts";
import { openV3io } from "../../../lib/streams/v3io/open_v3io.ts";
import { FakeV3io } from "../../support/fake_v3io.ts";
import { brokerCases } from "./broker_cases.ts";
import type { StreamCase } from "./contract.ts";
import type { Trial } from "./main.ts";

const SESSION_MS = 1_500;
const MOST_BYTES = 700_000; // v3io's limit is 1 MiB, in which bytes stand as base64
const STRANGER = new URL("./v3io_stranger.py", import.meta.url).pathname;

/** The contract against a fake of v3io, and Iguazio's own client at that fake: no real one can be had. */
export async function v3ioTrial(): Promise<Trial> {
  const server = new FakeV3io().serve();
  const variables: Readonly<Record<string, string>> = { V3IO_API: server.url, V3IO_ACCESS_KEY: "access" };
  const open = <Body>(path: string) =>
    openV3io<Body>(path, { sessionMs: SESSION_MS, environment: (name) => variables[name] });
  return {
    open: () => {
      const path = `v3io:///projects/lab/${crypto.randomUUID()}`;
      return Promise.resolve({
        open: <Body>() => open<Body>(path),
        openDeadLetters: () => open(deadLetterPath(path)),
        crash: (stream) => (stream as DrivenStream<unknown>).abandon(),
        now: () => Date.now(),
        advance: (ms) => pause(ms),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
    limits: { isUnbounded: true, listsNoGroups: true, mostBytes: MOST_BYTES },
    bench: { streams: `${server.url.replace("http:", "v3io:")}/projects/{name}`, sessionMs: SESSION_MS },
    cases: [...processCases(server.url), ...await strangerCases(server.url, open), {
      title: "a bench names the streams that it leaves",
      async run() {
        const streams = `${server.url.replace("http:", "v3io:")}/projects/{name}`;
        const fn = serving("fn");
        fn.setTopology("flow").to("out", queue({ path: "v3io:///projects/out" }));
        const bench = await testBench(fn, { streams });
        await bench.send(1);
        await bench.close();
        const [, name] = /^warn: Streams of the bench stay: .*\/projects\/(out-\w+-0) \(its kind/.exec(
          bench.lines.at(-1)!,
        )!;
        deepStrictEqual((await bench.published("out")).map(({ body }) => body), [1]);
        await using left = await openV3io<number>(streams.replace("{name}", name!));
        deepStrictEqual((await Array.fromAsync(left.look("g"))).map(({ body }) => body), [1]);
      },
    }],
    async [Symbol.asyncDispose]() {
      Deno.env.delete("V3IO_ACCESS_KEY");
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Those of a broker's cases in which processes are killed; the rest is in `unit/lib/streams/v3io`. */
function processCases(url: string): StreamCase[] {
  Deno.env.set("V3IO_ACCESS_KEY", "access"); // processes get it
  const none = () => Promise.reject(new Error("a fake has none of this"));
  const address = url.replace("http:", "v3io:") + "/projects";
  return brokerCases({
    server: { address, up: none, down: none, kill: none },
    scheme: "v3io",
    open: openV3io,
    user: { name: "", password: "" },
    serveTls: none,
    occupy: none,
    publishPlain: none,
  }).filter(({ title }) => title.startsWith("two processes share the records"));
}

async function strangerCases(
  url: string,
  open: <Body>(path: string) => Promise<DrivenStream<Body>>,
): Promise<StreamCase[]> {
  let python: string;
  try {
    const packages = ["v3io==0.7.2"];
    python = (await preparePython({ name: "v3io", packages, onProgress: console.log })).program("python");
  } catch (error) {
    console.log(`skip v3io (a fake): Iguazio's own client cannot be had: ${(error as Error).message}`);
    return [];
  }
  return [{
    title: "Iguazio's own client reads what is published, is read, and finds the fake as it knows v3io",
    async run() {
      await using stream = await open("v3io:///projects/strange?partitions=1");
      await stream.publish([{ body: { n: 1 }, key: "k", id: "i", time: new Date(0) }]);
      const { code, stdout, stderr } = await new Deno.Command(python, { args: [STRANGER, url, "projects", "strange"] })
        .output();
      if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
      const { read: [{ levada: _, ...read }], ...rest } = JSON.parse(new TextDecoder().decode(stdout));
      deepStrictEqual(read, { full_event_wrapper: true, id: "i", key: "k", body: { n: 1 } });
      deepStrictEqual(rest, {
        shards: [1, 24],
        again: 409,
        behind: 0,
        failed: 1,
        written: [204, 400],
        kept: { version: 1, text: "a" },
      });
      await using subscription = await stream.subscribe({ group: "g" });
      const records: StreamRecord[] = [];
      while (records.length < 4) records.push(...(await subscription.next()).value?.records ?? []);
      deepStrictEqual(records.map(({ key, body, id }) => [key, body, id]), [
        ["k", { n: 1 }, "i"],
        [undefined, { a: 1 }, "0-2"],
        ["their key", [2], "their id"],
        ["pk", "no JSON", "0-4"],
      ]);
    },
  }];
}
