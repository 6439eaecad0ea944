import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { fetchPrivately } from "../../../lib/private_fetch.ts";
import { serveLoopback } from "../../support/loopback.ts";

Deno.test("fetchPrivately() asks as fetch does", async () => {
  await using server = serveLoopback(({ method, path, body, headers }) =>
    new Response(`${method} ${path} ${body} ${headers.get("x-a")}`)
  );
  const answers = [
    await fetchPrivately(`${server.url}/a?sig=x`),
    await fetchPrivately(new URL(`${server.url}/b?sig=x`), { method: "POST", body: "c", headers: { "x-a": "d" } }),
    await fetchPrivately(`${server.url}/plain`, { method: "DELETE" }),
  ];
  deepStrictEqual(await Promise.all(answers.map((answer) => answer.text())), [
    "GET /a?sig=x  null",
    "POST /b?sig=x c d",
    "DELETE /plain  null",
  ]);
});

Deno.test("what stores, services and models are asked by URLs with secrets stands in no span, also where it fails", async () => {
  const told: string[] = [];
  await using sink = serveLoopback(({ body }) => {
    told.push(body);
    return Response.json({});
  });
  await using service = serveLoopback(() => Response.json({}));
  const root = new URL("../../../", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      `--config=${root}deno.json`,
      `--lock=${root}deno.lock`,
      `${root}tests/support/traced_fetches.ts`,
      service.url,
    ],
    env: { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    stdout: "null",
  }).output();
  strictEqual(success, true, new TextDecoder().decode(stderr));
  const asked = service.got.map(({ path }) => path);
  for (const path of [/^\/item\.txt\?sig=hunter-22x/, /^\/far\?sig=hunter-22x/, /^\/model.*\?sig=hunter-22x/]) {
    strictEqual(asked.some((one) => path.test(one)), true, `${path} was not asked: ${asked}`);
  }
  const spans = told.join("\n");
  for (const place of ["/item.txt?***", "/far?***", "127.0.0.1:1/far?***", "/own?n=2"]) {
    strictEqual(spans.includes(place), true, `no span tells of ${place}`);
  }
  match(spans, /"url\.full"/);
  deepStrictEqual(spans.split("\n").filter((line) => line.includes("hunter-22x")), []);
});
