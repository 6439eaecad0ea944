/**
 * `deno task soak:serve [SECONDS]`: asks `levada serve`, a process of its own, good, bad, slow and aborted requests at once, five
 * minutes long unless told otherwise. Fails if a good request fails, a bad one is not refused as it should be, or memory grows.
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { RawConnection } from "../support/raw_http.ts";
import { startServe } from "../support/serve_process.ts";

const SECONDS = Number(Deno.args[0] ?? 300);
const LEAST_SECONDS = 120; // for its growth to say something
const LOOKS = 20; // at the server's memory
const ALLOWED_GROWTH = 1.05; // of the resident memory's median from the second quarter to the last
const MODULE = fileURLToPath(new URL("./soak_function.ts", import.meta.url));
const JSON_TYPE = { "content-type": "application/json" };

const counts: Record<string, number> = {};
let isOver = false;

function infer(model: string, body: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v2/models/${model}/infer`, { method: "POST", body, headers: JSON_TYPE, ...init });
}

/** What is asked, over and over; each checks its answer. */
const KINDS: Readonly<Record<string, readonly [loops: number, ask: (n: number) => Promise<void>]>> = {
  "good, at once": [4, async (n) => {
    const response = await infer("quick", `{"inputs": [[${n}, 1], [2, 3]]}`);
    deepStrictEqual([response.status, (await response.json()).outputs], [200, [n + 1, 5]]);
  }],
  "good, later": [4, async (n) => {
    const response = await infer("later", JSON.stringify({ inputs: [Array(n % 50).fill(0)] }));
    deepStrictEqual([response.status, (await response.json()).outputs], [200, [n % 50]]);
  }],
  "good, open protocol": [2, async (n) => {
    const input = { name: "x", shape: [1, 2], datatype: "FP64", data: [n, 0.5] };
    const response = await infer("quick", JSON.stringify({ id: `i${n}`, inputs: [input] }));
    const { id, outputs } = await response.json();
    deepStrictEqual([response.status, id, outputs[0].data], [200, `i${n}`, [n + 0.5]]);
  }],
  "good, 100 kB": [1, async () => {
    const response = await infer("quick", JSON.stringify({ inputs: [Array(20_000).fill(0.25)] }));
    deepStrictEqual([response.status, (await response.json()).outputs], [200, [5_000]]);
  }],
  "good, binary tensor": [2, async (n) => {
    const input = { name: "x", shape: [1, 2], datatype: "FP64", parameters: { binary_data_size: 16 } };
    const head = new TextEncoder().encode(JSON.stringify({ inputs: [input] }));
    const bytes = new Uint8Array([...head, ...new Uint8Array(new Float64Array([n, 0.25]).buffer)]);
    const headers = {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(head.length),
    };
    const response = await fetch(`${url}/v2/models/quick/infer`, { method: "POST", body: bytes, headers });
    const { outputs } = await response.json();
    deepStrictEqual([response.status, outputs[0].data], [200, [n + 0.25]]);
  }],
  "good, streamed": [2, async (n) => {
    const headers = { ...JSON_TYPE, accept: "text/event-stream" };
    const response = await infer("counts", `{"inputs": [${n % 20}]}`, { headers });
    const told = (await response.text()).matchAll(/^data: (.*)$/gm).map(([, chunk]) => JSON.parse(chunk!).outputs);
    deepStrictEqual([...told], Array.from({ length: n % 20 }, (_, index) => index));
  }],
  "aborted, in the midst of a stream": [2, async (n) => {
    using connection = await RawConnection.open(url);
    const body = `{"inputs": [${1e9}]}`;
    await connection.send(
      `POST /v2/models/counts/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await connection.some();
    await new Promise((resolve) => setTimeout(resolve, n % 20)); // it reads no more, then it leaves
  }],
  "good, health": [1, async () => {
    const response = await fetch(`${url}/v2/health/ready`);
    deepStrictEqual([response.status, await response.json()], [200, { ready: true }]);
  }],
  "bad, no JSON": [1, () => refused(infer("quick", '{"inputs":'), 400)],
  "bad, unknown model": [1, (n) => refused(infer(`model-${n}`, "{}"), 404)],
  "bad, fails": [1, () => refused(infer("fails", '{"inputs": [1]}'), 500)],
  "bad, too deep": [1, () => refused(infer("quick", "[".repeat(1_000)), 400)],
  "bad, too large": [1, async () => {
    using connection = await RawConnection.open(url);
    await connection.send("POST /v2/models/quick/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
    strictEqual((await connection.reply()).status, 413);
  }],
  "bad, no HTTP": [1, async () => {
    using connection = await RawConnection.open(url);
    await connection.send("\0\0\0 hello\r\n\r\n");
    strictEqual((await connection.reply()).status, 400);
  }],
  "slow, a body that never comes": [4, async () => {
    using connection = await RawConnection.open(url);
    await connection.send("POST /v2/models/quick/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{");
    strictEqual((await connection.reply()).status, 408);
  }],
  "aborted, while the model works": [4, async (n) => {
    const signal = AbortSignal.timeout(1 + n % 20);
    const response = await infer("never", '{"inputs": [1]}', { signal }).catch(() => undefined);
    strictEqual(response, undefined);
  }],
  "aborted, in the midst of a body": [2, async (n) => {
    using connection = await RawConnection.open(url);
    await connection.send(
      "POST /v2/models/quick/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{".slice(0, 10 + n % 90),
    );
  }],
};

async function refused(answer: Promise<Response>, status: number): Promise<void> {
  const response = await answer;
  const { error } = await response.json();
  deepStrictEqual([response.status, typeof error], [status, "string"]);
}

async function loop(kind: string, ask: (n: number) => Promise<void>): Promise<void> {
  while (!isOver) {
    const n = counts[kind] = (counts[kind] ?? 0) + 1;
    try {
      await ask(n);
    } catch (error) {
      isOver = true;
      throw new Error(`${kind}, request ${n}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}

interface Memory {
  readonly heap: number;
  readonly resident: number;
}

async function memory(): Promise<Memory> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1]);
  return { heap: value("levada_heap_used_bytes"), resident: value("process_resident_memory_bytes") };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}

await using server = startServe([MODULE, "--limit", "bodyTimeoutMs=1000"], { flags: ["-A"] });
const url = await server.url;
const looks: Memory[] = [];
const loops = Object.entries(KINDS).flatMap(([kind, [many, ask]]) =>
  Array.from({ length: many }, () => loop(kind, ask))
);
const watching = (async () => {
  for (let look = 0; look < LOOKS && !isOver; look++) {
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000 / LOOKS));
    const seen = await memory();
    looks.push(seen);
    const asked = Object.values(counts).reduce((sum, count) => sum + count, 0);
    console.log(
      `${asked} requests, resident ${(seen.resident / 1e6).toFixed(1)} MB, heap ${(seen.heap / 1e6).toFixed(1)} MB`,
    );
  }
  isOver = true;
})();
await Promise.all([...loops, watching]);
console.log(counts);
const [early, late] = [looks.slice(LOOKS / 4, LOOKS / 2), looks.slice(-LOOKS / 4)];
const growth = (part: keyof Memory) => median(late.map((look) => look[part])) / median(early.map((look) => look[part]));
console.log(
  `from the second quarter to the last: resident × ${growth("resident").toFixed(3)}, heap × ${
    growth("heap").toFixed(3)
  }`,
);
if (SECONDS >= LEAST_SECONDS) ok(growth("resident") < ALLOWED_GROWTH, "the process has grown");
else console.log(`in less than ${LEAST_SECONDS} s the engine is still warming up: its growth is not judged`);
server.kill("SIGTERM");
strictEqual(await server.code, 0);
const lines = server.err().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
deepStrictEqual(lines.filter(({ message }) => !message.includes("on purpose")), [], "nothing else is in the log");
console.log("no good request failed, memory flat");
