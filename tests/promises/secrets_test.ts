/** Secrets of stores stay where they are: no log, error, document, picture, trace or answer shows them. */

import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { type Context, type InferRequest, ModelServer, serving } from "levada";
import { serveLoopback } from "../support/loopback.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const SECRETS = {
  STORE_TEST_USER: "user-of-the-store",
  STORE_TEST_PASSWORD: "hunter2/+@:",
  STORE_TEST_SAS: "sv=1&sig=signature%2Bof%2Fus",
};
const FORMS = [
  ...Object.values(SECRETS),
  "hunter2",
  "signature",
  encodeURIComponent(SECRETS.STORE_TEST_PASSWORD),
  btoa(`${SECRETS.STORE_TEST_USER}:${SECRETS.STORE_TEST_PASSWORD}`),
];

class Sizes extends ModelServer {
  #size = 0;

  override async load(): Promise<void> {
    this.#size = (await Deno.stat((await this.getModel(".onnx")).file)).size;
  }

  predict({ inputs }: InferRequest) {
    return inputs.map(() => this.#size);
  }
}

async function withSecrets(run: (folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const variables = { ...SECRETS, LEVADA_CACHE: folder.path };
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await run(folder.path);
  } finally {
    for (const [name, value] of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  }
}

/** A log that keeps whatever it is told. */
function keepingLog(lines: string[]): Context["log"] {
  const keep = (message: string, fields?: object) => void lines.push(message, Deno.inspect(fields));
  return { debug: keep, info: keep, warn: keep, error: keep };
}

Deno.test("a model is fetched with secrets that nothing shows", () =>
  withSecrets(async (folder) => {
    await using store = serveLoopback(({ method, headers, path }) => {
      const isMe = headers.get("authorization")?.startsWith("Basic ") && path.includes("sig=signature%2Bof%2Fus");
      return new Response(method === "HEAD" ? null : "12345", {
        status: isMe ? 200 : 403,
        headers: { etag: '"1"', "content-length": "5" },
      });
    });
    const { host } = new URL(store.url);
    const modelPath = `http://\${STORE_TEST_USER}:\${STORE_TEST_PASSWORD}@${host}/sizes.onnx?\${STORE_TEST_SAS}`;
    const lines: string[] = [];
    const fn = serving("sizes");
    fn.setTopology("router").addRoute("m", Sizes, { modelPath });
    const shown: string[] = [JSON.stringify(fn), Deno.inspect(fn, { depth: 20 })];
    {
      await using server = await fn.toMockServer({ log: keepingLog(lines) });
      deepStrictEqual((await server.test("/v2/models/m/infer", { inputs: [[1]] })).outputs, [5]);
      shown.push(JSON.stringify(await server.test("/v2/models/m", undefined, { method: "GET" })));
      shown.push(Deno.inspect(await server.trace("/v2/models/m/infer", { inputs: [[1]] }), { depth: 20 }));
      shown.push(fn.plot().dot, await fn.plot().svg());
    }
    for await (const { name } of Deno.readDir(`${folder}/stores/index`)) {
      if (name.endsWith(".json")) shown.push(await Deno.readTextFile(`${folder}/stores/index/${name}`));
    }
    deepStrictEqual(FORMS.filter((form) => [...shown, ...lines].some((text) => text.includes(form))), []);
  }));

Deno.test("a model that cannot be fetched fails without a word of the secrets, also where they stand in its path", () =>
  withSecrets(async () => {
    await using store = serveLoopback(({ path, headers }) =>
      new Response(`${path} ${headers.get("authorization")}`, { status: 403 })
    );
    const { host } = new URL(store.url);
    const { STORE_TEST_USER: user, STORE_TEST_PASSWORD: password, STORE_TEST_SAS: sas } = SECRETS;
    const paths = [
      `http://\${STORE_TEST_USER}:\${STORE_TEST_PASSWORD}@${host}/sizes.onnx?\${STORE_TEST_SAS}`,
      `http://${user}:${encodeURIComponent(password)}@${host}/sizes.onnx?${sas}`,
      `http://${user}:${encodeURIComponent(password)}@${host}/sizes.zip?${sas}`,
      `ftp://${user}:${password}@${host}/sizes.onnx?${sas}`,
    ];
    for (const modelPath of paths) {
      const lines: string[] = [];
      const fn = serving("sizes");
      fn.setTopology("router").addRoute("m", Sizes, { modelPath });
      await rejects(fn.toMockServer({ log: keepingLog(lines) }), (error: Error) => {
        match(error.message, /Cannot load model "m"/);
        lines.push(Deno.inspect(error, { depth: 20 }), String(error.stack));
        deepStrictEqual(FORMS.filter((form) => lines.some((text) => text.includes(form))), [], lines.join("\n"));
        return true;
      });
    }
  }));
