/** Asks a store, a service and a model by URLs with secrets in them, well and in vain. For a test, with `OTEL_DENO=true`. */

import { openItem, remote, RemoteModel, serving } from "levada";

const origin = Deno.args[0]!;
const closed = "http://127.0.0.1:1";
const query = "?sig=hunter-22x&n=1";
const quiet = () => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

for (const host of [origin, closed]) {
  await openItem(`${host}/item.txt${query}`).get().catch(quiet);
  const fn = serving("asks");
  fn.setTopology("flow").to("far", remote({ url: `${host}/far${query}` }), { retries: 0 }).respond();
  await using server = await fn.toMockServer({ log });
  await server.test("/", 1, { silent: true });
}
const model = serving("model");
model.addModel("m", RemoteModel, { url: `${origin}/model${query}`, model: "m" });
await model.toMockServer({ log }).then((server) => server[Symbol.asyncDispose](), quiet);
await fetch(`${origin}/own?n=2`).then((answer) => answer.text());
