import { deepStrictEqual, strictEqual } from "node:assert/strict";

/** A span of OTLP's JSON. */
interface Told {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly links?: readonly { readonly spanId: string }[];
}

const ROOT = new URL("../../../../", import.meta.url).pathname;

/** Runs a program with Deno's exporter, and gives the spans that it tells, those of Levada. */
async function spansOf(program: string): Promise<readonly Told[]> {
  const spans: Told[] = [];
  await using sink = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const body = await request.json() as {
      resourceSpans?: { scopeSpans: { scope: { name: string }; spans: Told[] }[] }[];
    };
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const { scope, spans: told } of scopeSpans) if (scope.name === "levada") spans.push(...told);
    }
    return Response.json({});
  });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", `${ROOT}deno.json`, "--lock", `${ROOT}deno.lock`, `${ROOT}${program}`],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.addr.port}`,
    },
    stdout: "null",
  }).output();
  strictEqual(success, true, new TextDecoder().decode(stderr));
  return spans;
}

Deno.test("Tracing() makes a span of each request and each step; a batch belongs to its first member and links the others", async () => {
  const spans = await spansOf("tests/support/traced.ts");
  const requests = spans.filter(({ name }) => name === "POST /");
  strictEqual(requests.length, 4);
  deepStrictEqual(requests.map(({ kind, parentSpanId }) => [kind, parentSpanId ?? ""]), requests.map(() => [2, ""]));
  const parentOf = ({ parentSpanId }: Told) => requests.find(({ spanId }) => spanId === parentSpanId);
  const sums = spans.filter(({ name }) => name === "sum");
  strictEqual(sums.length, 2);
  for (const sum of sums) {
    strictEqual(parentOf(sum)?.traceId, sum.traceId);
    const [link, ...others] = sum.links ?? [];
    strictEqual(others.length, 0);
    strictEqual(requests.some(({ spanId }) => spanId === link?.spanId && spanId !== sum.parentSpanId), true);
  }
  const failed = spans.filter(({ status }) => status.code === 2).map((
    { name, status },
  ) => [name, status.message ?? ""]);
  deepStrictEqual(failed.sort(), [["POST /", ""], ["POST /", ""], ["small", "too much"]]);
});
