import { deepStrictEqual, rejects } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { testClock } from "levada/testing";
import { Intake } from "../../../../../lib/serve/limits/intake.ts";
import { allLimits } from "../../../../../lib/serve/limits/server_limits.ts";
import { type BodyOptions, decodeBody, readBytes } from "../../../../../lib/serve/body/decode_body.ts";

const JSON_TYPE = { "content-type": "application/json" };

async function read(request: Request, options: Omit<BodyOptions, "headers"> = {}): Promise<unknown> {
  return await decodeBody(await readBytes(request), { headers: request.headers, ...options });
}

function packed(bytes: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

function post(body: BodyInit | undefined, headers: HeadersInit = {}): Request {
  return new Request("http://x/", { method: "POST", headers, ...(body === undefined ? {} : { body }) });
}

Deno.test("decodeBody() unpacks, then reads by the content type", async () => {
  const bytes = packed(JSON.stringify({ inputs: [1] }));
  deepStrictEqual(await read(post(bytes, { ...JSON_TYPE, "content-encoding": "gzip" })), { inputs: [1] });
  deepStrictEqual(await read(post("[1]"), { defaultContentType: "text/plain" }), "[1]");
  deepStrictEqual(await read(post(undefined, JSON_TYPE)), null);
});

Deno.test("decodeBody() reads binary tensors behind packed JSON", async () => {
  const head = JSON.stringify({
    inputs: [{ name: "x", shape: [2], datatype: "INT16", parameters: { binary_data_size: 4 } }],
  });
  const bytes = new Uint8Array([...new TextEncoder().encode(head), 1, 0, 255, 255]);
  const headers = { "inference-header-content-length": `${head.length}`, "content-encoding": "gzip" };
  deepStrictEqual(await read(post(packed(bytes), headers)), {
    inputs: [{ name: "x", shape: [2], datatype: "INT16", data: new Int16Array([1, -1]) }],
  });
});

Deno.test("decodeBody() reads raw bytes as what the model takes", async () => {
  const inputs = () => [{ name: "x", datatype: "UINT8", shape: [-1] }];
  const asked = post(new Uint8Array([7, 8]), { "inference-header-content-length": "0" });
  deepStrictEqual(await read(asked, { inputs }), {
    parameters: { binary_data_output: true },
    inputs: [{ name: "x", datatype: "UINT8", shape: [2], data: new Uint8Array([7, 8]) }],
  });
});

Deno.test("decodeBody() refuses a body that breaks off", async () => {
  const body = new ReadableStream({
    pull(controller) {
      controller.error(new Error("gone"));
    },
  });
  await rejects(read(post(body, JSON_TYPE)), { status: 400, message: /it broke off \(gone\)/ });
});

Deno.test("decodeBody() reads no more of long JSON for who has left", async () => {
  const caller = new AbortController();
  const clock = testClock();
  const bytes = new TextEncoder().encode(`[${"[],".repeat(400_000)}1]`);
  const reading = Promise.resolve(decodeBody(bytes, {
    headers: new Headers(JSON_TYPE),
    taken: new Intake(allLimits(), clock).open(),
    callerSignal: () => caller.signal,
  }));
  caller.abort();
  const refused = rejects(reading, { status: 499, message: "The caller left before its body was read" });
  await clock.advance(0);
  await refused;
});
