/**
 * `deno task bench load`: servers in processes of their own under load from another. Each is asked first whether its answer is right; then all
 * of a group are loaded in turns, so that a noisy neighbour disturbs each alike. Requests a second, processor time a request, latencies.
 */

import { deepStrictEqual } from "node:assert/strict";
import { preparePython } from "../../../lib/cli/python.ts";
import { ServerProcess } from "./server_process.ts";
import { type Load, prepareWrk } from "./wrk.ts";

/** What one server did under one load. */
export interface LoadRow {
  readonly group: string;
  readonly name: string;
  readonly requestsASecond: number;
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A server, how to start it, and what proves it. */
interface Contender {
  readonly name: string;
  /** Starts it; it listens on the port. */
  start(port: number): ServerProcess;
  readonly health: string;
  readonly path: string;
  readonly body: () => Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Throws where the answer is wrong. */
  prove(reply: Response): Promise<void>;
}

interface Group {
  readonly title: string;
  readonly connections: number;
  readonly contenders: readonly Contender[];
}

const HERE = new URL("./", import.meta.url).pathname;
const ROOT = new URL("../../../", import.meta.url).pathname;
const JSON_TYPE = { "content-type": "application/json" };
const MLSERVER = ["mlserver==1.7.1", "mlserver-sklearn==1.7.1", "scikit-learn==1.5.2", "joblib==1.4.2"];
const ROUNDS = 5;
const WARM_UP_SECONDS = 2;

const ROWS = { inputs: [[5.1, 3.5, 1.4, 0.2]] };
const IRIS = {
  id: "1",
  inputs: [{ name: "X", shape: [1, 4], datatype: "FP32", data: [5.1, 3.5, 1.4, 0.2] }],
};
const MEGABYTE = Float32Array.from({ length: 262_144 }, (_, index) => Math.fround(index / 7));

function levada(name: string, path: string, rest: Pick<Contender, "body" | "headers" | "prove">): Contender {
  return {
    name: `Levada, ${name}`,
    health: "/v2/health/ready",
    path,
    start: (port) => startLevada(name, port),
    ...rest,
  };
}

function startLevada(name: string, port: number): ServerProcess {
  const cli = ["run", "--lock=deno.lock", "-A", "lib/cli/main.ts", "serve", `${HERE}functions.ts`];
  return new ServerProcess(Deno.execPath(), [...cli, "--export", name, "--port", `${port}`], { cwd: ROOT });
}

function bare(mode: "plain" | "cancel"): Contender {
  return {
    name: mode === "plain" ? "Deno.serve alone" : "Deno.serve alone, cancellable",
    health: "/",
    path: "/",
    start: (port) => new ServerProcess(Deno.execPath(), ["run", "-A", `${HERE}bare.ts`, `${port}`, mode]),
    body: () => json(ROWS),
    headers: JSON_TYPE,
    prove: proveSum,
  };
}

async function proveSum(reply: Response): Promise<void> {
  const { outputs } = await reply.json();
  deepStrictEqual(outputs.map((sum: number) => Math.round(sum * 10) / 10), [10.2]);
}

async function proveIris(reply: Response): Promise<void> {
  const { id, outputs } = await reply.json();
  deepStrictEqual([id, outputs[0].datatype, outputs[0].data], ["1", "INT64", [0]]);
}

function mlserver(python: string, folder: string): Contender {
  return {
    name: "MLServer, one worker",
    health: "/v2/models/iris/ready",
    path: "/v2/models/iris/infer",
    start(port) {
      const { success, stderr } = new Deno.Command(python, {
        args: [`${HERE}mlserver_model.py`, folder, `${port}`],
      }).outputSync();
      if (!success) throw new Error(`Cannot make MLServer's model: ${new TextDecoder().decode(stderr)}`);
      return new ServerProcess(python, ["-m", "mlserver.cli.main", "start", folder]);
    },
    body: () => json({ ...IRIS, inputs: [{ ...IRIS.inputs[0]!, datatype: "FP32" }] }),
    headers: JSON_TYPE,
    prove: proveIris,
  };
}

/** One megabyte as the open protocol's JSON, and in its binary form. */
function megabytes(): Contender[] {
  const tensor = { name: "x", shape: [MEGABYTE.length], datatype: "FP32" };
  const head = json({
    inputs: [{ ...tensor, parameters: { binary_data_size: MEGABYTE.byteLength } }],
    parameters: { binary_data_output: true },
  });
  const binary = new Uint8Array(head.length + MEGABYTE.byteLength);
  binary.set(head);
  binary.set(new Uint8Array(MEGABYTE.buffer), head.length);
  const path = "/v2/models/identity/infer";
  return [
    {
      ...levada("identity", path, {
        body: () => json({ inputs: [{ ...tensor, data: [...MEGABYTE] }] }),
        headers: JSON_TYPE,
        async prove(reply) {
          deepStrictEqual(Float32Array.from((await reply.json()).outputs[0].data), MEGABYTE);
        },
      }),
      name: "Levada, 1 MB tensor as JSON",
    },
    {
      ...levada("identity", path, {
        body: () => binary,
        headers: { "content-type": "application/octet-stream", "inference-header-content-length": `${head.length}` },
        async prove(reply) {
          const bytes = await reply.arrayBuffer();
          const from = Number(reply.headers.get("inference-header-content-length"));
          deepStrictEqual(new Float32Array(bytes.slice(from)), MEGABYTE);
        },
      }),
      name: "Levada, 1 MB tensor binary",
    },
  ];
}

async function groups(): Promise<Group[]> {
  const { program, folder } = await preparePython({
    name: "mlserver-bench",
    packages: MLSERVER,
    onProgress: (text) => console.error(text),
  });
  const sum = { body: () => json(ROWS), headers: JSON_TYPE, prove: proveSum };
  const iris = levada("iris", "/v2/models/iris/infer", {
    body: () => json(IRIS),
    headers: JSON_TYPE,
    prove: proveIris,
  });
  return [
    {
      title: "trivial model",
      connections: 8,
      contenders: [bare("plain"), levada("sum", "/v2/models/sum/infer", sum)],
    },
    {
      title: "trivial model, cancellation armed",
      connections: 8,
      contenders: [bare("plain"), bare("cancel"), levada("later", "/infer", sum)],
    },
    { title: "iris", connections: 8, contenders: [mlserver(program("python"), `${folder}/model`), iris] },
    { title: "1 MB tensor there and back", connections: 2, contenders: megabytes() },
    {
      title: "routes",
      connections: 8,
      contenders: [
        levada("ten", "/v2/models/sum9/infer", sum),
        levada("thousand", "/v2/models/sum999/infer", sum),
      ],
    },
  ];
}

/** Runs every group; a row a server. */
export async function runLoad(seconds = 3): Promise<LoadRow[]> {
  const send = await prepareWrk();
  const rows: LoadRow[] = [];
  for (const group of await groups()) {
    console.error(`load: ${group.title}`);
    rows.push(...await runGroup(group, { send, seconds }));
  }
  return rows;
}

interface Sending {
  readonly send: Awaited<ReturnType<typeof prepareWrk>>;
  readonly seconds: number;
}

async function runGroup({ title, connections, contenders }: Group, { send, seconds }: Sending): Promise<LoadRow[]> {
  await using stack = new AsyncDisposableStack();
  const servers: { readonly contender: Contender; readonly process: ServerProcess; readonly load: Load }[] = [];
  for (const contender of contenders) {
    const port = freePort();
    const process = stack.use(contender.start(port));
    const base = `http://127.0.0.1:${port}`;
    await process.ready(`${base}${contender.health}`);
    const load = {
      url: `${base}${contender.path}`,
      body: contender.body(),
      headers: contender.headers ?? {},
      connections,
      seconds,
    };
    await contender.prove(await fetch(load.url, { method: "POST", body: load.body, headers: load.headers }));
    await send({ ...load, seconds: WARM_UP_SECONDS });
    servers.push({ contender, process, load });
  }
  const rounds = new Map<string, LoadRow[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { contender: { name }, process, load } of servers) {
      const before = process.usage().cpuSeconds;
      const { requests, seconds: took, failed, p50Ms, p99Ms } = await send(load);
      if (failed > 0 || requests === 0) throw new Error(`${name}: ${failed} of ${requests} requests failed`);
      const cpuUs = (process.usage().cpuSeconds - before) * 1e6 / requests;
      rounds.get(name)!.push({ group: title, name, requestsASecond: requests / took, cpuUs, p50Ms, p99Ms });
    }
  }
  return [...rounds.values()].map(median);
}

/** Each figure's median over the rounds. */
function median(rows: readonly LoadRow[]): LoadRow {
  const middle = (key: "requestsASecond" | "cpuUs" | "p50Ms" | "p99Ms") =>
    rows.map((row) => row[key]).sort((a, b) => a - b)[rows.length >> 1]!;
  return {
    ...rows[0]!,
    requestsASecond: middle("requestsASecond"),
    cpuUs: middle("cpuUs"),
    p50Ms: middle("p50Ms"),
    p99Ms: middle("p99Ms"),
  };
}

function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return (listener.addr as Deno.NetAddr).port;
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
