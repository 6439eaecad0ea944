/** MLServer with the models of `served.ts`, in a folder of its own. */

const RUNTIME = new URL("mlserver/runtime.py", import.meta.url);
const MODELS = new URL("../../../notebooks/models/", import.meta.url).pathname;
const CLASSES: Readonly<Record<string, string>> = {
  identity: "Identity",
  add_sub: "AddSub",
  parameters: "Parameters",
  length: "Length",
  sum: "Sum",
  failing: "Failing",
  iris: "Iris",
};
const TENSORS: Readonly<Record<string, object>> = {
  add_sub: {
    inputs: ["INPUT0", "INPUT1"].map((name) => ({ name, datatype: "FP32", shape: [-1] })),
    outputs: ["OUTPUT0", "OUTPUT1"].map((name) => ({ name, datatype: "FP32", shape: [-1] })),
  },
};

/** A running MLServer. */
export interface MlServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts MLServer; resolves when it is ready. */
export async function startMlServer(program: string, folder: string): Promise<MlServer> {
  const [port, grpc, metrics] = freePorts(3);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(RUNTIME, `${folder}/runtime.py`);
  const settings = { host: "127.0.0.1", http_port: port, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0 };
  await Deno.writeTextFile(`${folder}/settings.json`, JSON.stringify(settings));
  for (const [name, implementation] of Object.entries(CLASSES)) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    const model = { name, implementation: `runtime.${implementation}`, ...TENSORS[name] };
    await Deno.writeTextFile(`${folder}/${name}/model-settings.json`, JSON.stringify(model));
  }
  const log = await Deno.open(`${folder}/log.txt`, { write: true, create: true, truncate: true });
  const child = new Deno.Command(program, {
    args: ["start", folder],
    cwd: folder,
    env: { OIP_MODELS: MODELS, PYTHONPATH: folder },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const logs = Promise.all([
    child.stdout.pipeTo(log.writable, { preventClose: true }),
    child.stderr.pipeTo(new WritableStream()),
  ]).catch(() => {});
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await child.status;
    clearTimeout(late);
    await logs;
    log.close();
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await answers(`${url}/v2/health/ready`, child);
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  return { url, [Symbol.asyncDispose]: stop };
}

async function answers(url: string, child: Deno.ChildProcess): Promise<void> {
  const ended = child.status.then(({ code }) => {
    throw new Error(`MLServer ended with ${code} before it was ready`);
  });
  ended.catch(() => {});
  const end = Date.now() + 180_000;
  while (Date.now() < end) {
    const isReady = await Promise.race([
      fetch(url).then(async (reply) => (await reply.body?.cancel(), reply.ok), () => false),
      ended,
    ]);
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 250)); // nobody tells when it is ready
  }
  throw new Error("MLServer was not ready within three minutes");
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}
