import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";
import { ModelServer } from "../../../../lib/models/model_server.ts";
import type { InferRequest } from "../../../../lib/protocol/reply.ts";
import { serveLoopback } from "../../../support/loopback.ts";

/** How many bytes each row has, and their sum. */
class Sizes extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    return inputs.map((row) =>
      row instanceof Uint8Array ? [row.length, row.reduce((sum, byte) => sum + byte, 0)] : null
    );
  }
}

const PICTURE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00, 0x7b]);
const SUM = PICTURE.reduce((sum, byte) => sum + byte, 0);

async function open(dataUrls?: readonly string[]) {
  const fn = serving("media").addModel("sizes", Sizes, dataUrls === undefined ? {} : { dataUrls });
  const server = await fn.toMockServer();
  return {
    async ask(body: unknown, contentType?: string): Promise<[number, unknown]> {
      const options = { silent: true, ...(contentType === undefined ? {} : { contentType }) } as const;
      const response = await server.test("/v2/models/sizes/infer", body, options);
      const answer = await response.json();
      return [response.status, answer.outputs ?? answer.error];
    },
    [Symbol.asyncDispose]: () => server.waitForCompletion(),
  };
}

Deno.test("ModelServer takes a picture, a sound or a film as one row of bytes, and no other bytes", async () => {
  await using sizes = await open();
  for (const type of ["image/png", "IMAGE/jpeg", "audio/wav", "video/mp4; codecs=avc1"]) {
    deepStrictEqual(await sizes.ask(PICTURE, type), [200, [[PICTURE.length, SUM]]]);
  }
  strictEqual((await sizes.ask(new Uint8Array(0), "image/png"))[0], 400); // no body is none
  strictEqual((await sizes.ask(PICTURE, "application/x-image"))[0], 400);
});

Deno.test("ModelServer fetches no data_url that its route does not allow", async () => {
  await using elsewhere = serveLoopback(() => new Response("secret"));
  await using closed = await open();
  const [status, error] = await closed.ask({ data_url: `${elsewhere.url}/a` });
  strictEqual(status, 400);
  match(String(error), /Cannot fetch "data_url" for model "sizes": it takes none/);
  await using narrow = await open([`${elsewhere.url}/in`, "file:///etc", "https://pictures.example"]);
  const { port } = new URL(elsewhere.url);
  const refused = [
    `${elsewhere.url}/`,
    `${elsewhere.url}/input`,
    `${elsewhere.url}/in/../secret`,
    `${elsewhere.url}/in/%2e%2e/secret`,
    `http://user:password@127.0.0.1:${port}/in/a`,
    `http://localhost:${port}/in/a`,
    `https://pictures.example.evil.example/a`,
    `https://pictures.example@evil.example/a`,
    "file:///etc/passwd",
    "data:text/plain,hello",
    "/in/a",
    "",
    5,
    null,
    ["http://127.0.0.1"],
  ];
  for (const url of refused) strictEqual((await narrow.ask({ data_url: url }))[0], 400, String(url));
  deepStrictEqual(elsewhere.got, []);
});

Deno.test("ModelServer takes the bytes behind an allowed data_url as one row", async () => {
  await using pictures = serveLoopback(({ path }) => {
    if (path === "/in/a.png?size=1") return new Response(PICTURE);
    if (path === "/in/away") return Response.redirect("http://127.0.0.1:1/", 302);
    if (path === "/in/large") return new Response(new Uint8Array(33 * 2 ** 20));
    return new Response("no", { status: 404 });
  });
  await using sizes = await open([`${pictures.url}/in/`]);
  deepStrictEqual(await sizes.ask({ data_url: `${pictures.url}/in/a.png?size=1` }), [200, [[PICTURE.length, SUM]]]);
  deepStrictEqual(await sizes.ask({ data_url: `${pictures.url}/in/none` }), [
    502,
    'Cannot fetch "data_url" for model "sizes": it answers 404',
  ]);
  strictEqual((await sizes.ask({ data_url: `${pictures.url}/in/away` }))[0], 502);
  strictEqual((await sizes.ask({ data_url: `${pictures.url}/in/large` }))[0], 413);
  strictEqual(pictures.got.length, 4);
});
