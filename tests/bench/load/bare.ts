/**
 * What a user would write in place of a model server, on Deno alone: `bare.ts PORT [cancel]`. With `cancel`, each request has what
 * it takes to stop its work when the caller leaves, or after a time.
 */

interface Rows {
  readonly inputs: readonly (readonly number[])[];
}

const [port, mode] = Deno.args;

function answer({ inputs }: Rows): Response {
  return Response.json({
    id: crypto.randomUUID(),
    model_name: "sum",
    outputs: inputs.map((row) => row.reduce((total, value) => total + value, 0)),
    timestamp: new Date().toISOString(),
  });
}

async function plain(request: Request): Promise<Response> {
  return answer(await request.json());
}

async function cancellable(request: Request): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 30_000);
  const leave = () => abort.abort();
  request.signal.addEventListener("abort", leave);
  try {
    const body = await request.json() as Rows;
    await Promise.resolve();
    abort.signal.throwIfAborted();
    return answer(body);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", leave);
  }
}

Deno.serve(
  { port: Number(port), hostname: "127.0.0.1", onListen: () => {} },
  (request) =>
    request.method === "GET" ? new Response("ok") : mode === "cancel" ? cancellable(request) : plain(request),
);
