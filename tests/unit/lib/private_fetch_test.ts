import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { fetchPrivately } from "../../../lib/private_fetch.ts";
import { exportedSpans } from "../../support/exported_spans.ts";
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
  await using service = serveLoopback(() => Response.json({}));
  const spans = await exportedSpans("traced_fetches.ts", [service.url]);
  const asked = service.got.map(({ path }) => path);
  for (const path of [/^\/item\.txt\?sig=hunter-22x/, /^\/far\?sig=hunter-22x/, /^\/model.*\?sig=hunter-22x/]) {
    strictEqual(asked.some((one) => path.test(one)), true, `${path} was not asked: ${asked}`);
  }
  for (const place of ["/item.txt?***", "/far?***", "127.0.0.1:1/far?***", "/own?n=2"]) {
    strictEqual(spans.includes(place), true, `no span tells of ${place}`);
  }
  match(spans, /"url\.full"/);
  deepStrictEqual(spans.split("\n").filter((line) => line.includes("hunter-22x")), []);
});
