/** Secrets of stores stay where they are: no log, error, document, picture, trace or answer shows them. */

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import {
  type Context,
  Graph,
  imputer,
  type InferRequest,
  mapValues,
  modelRouter,
  ModelServer,
  oneHotEncoder,
  readSecret,
  remote,
  remoteBatch,
  RemoteModel,
  rename,
  Secret,
  serving,
  ServingFunction,
} from "levada";
import { CATALOGUE } from "../../lib/functions/catalogue.ts";
import { serveLoopback } from "../support/loopback.ts";
import { memoryLog, runGraph } from "../support/run_graph.ts";
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

/** Says what it was given. */
export class Keyed extends ModelServer {
  static readonly module = import.meta.url;

  predict({ inputs }: InferRequest) {
    const held = this.args.held as Secret;
    return inputs.map(() => `${this.param("apiKey")} ${held.reveal()}`);
  }
}

Deno.test("secrets that are written out stand in no document and no picture, and each is warned of with a cure", async () => {
  const [password, token] = ["hunter2-of-ann", "token-of-ann"];
  const url = `https://ann:${password}@127.0.0.1:9/x?token=${token}`;
  const fn = serving("literals", { env: { DB_PASSWORD: password, REGION: "eu" } });
  fn.addChildFunction("child", { env: { TOKEN: token } });
  fn.setParam("apiKey", token).setTracking(`memory://ann:${password}@records`);
  fn.setTopology("flow")
    .to("far", remote<unknown, unknown[]>({ url, headers: { authorization: `Bearer ${token}`, "x-api-key": token } }))
    .to("each", remoteBatch<unknown, InferRequest>({ url, headers: { cookie: `s=${token}` } }))
    .to("one", ([request]) => request!)
    .to("model", RemoteModel, { args: { url, headers: { authorization: token }, model: "m" } })
    .to("routes", modelRouter()).respond()
    .addRoute("keyed", Keyed, { apiKey: token, db: { password }, held: new Secret("HELD", token) });
  const document = JSON.stringify(fn);
  const shown = [document, fn.plot().dot, await fn.plot().svg()].join("\n");
  deepStrictEqual([password, token].filter((secret) => shown.includes(secret)), []);
  match(document, /"REGION":"eu"/);
  match(document, /"held":\{"\$secret":"HELD"\}/);
  const lines: string[] = [];
  await rejects(fn.toMockServer({ log: keepingLog(lines) })); // nobody listens there
  const warned = lines.filter((line) => line.includes("secret written out"));
  deepStrictEqual(
    warned.map((line) => /(?:option|argument|env|child"|setParam|setTracking):? (\S+) has/.exec(line)?.[1]),
    [
      "url",
      "headers.authorization",
      "headers.x-api-key",
      "url",
      "headers.cookie",
      "url",
      "headers.authorization",
      "apiKey",
      "db.password",
      "DB_PASSWORD",
      "TOKEN",
      "apiKey",
      "path",
    ],
  );
  deepStrictEqual(lines.filter((line) => line.includes(password) || line.includes(token)), []);
});

Deno.test("columns, words and categories that are called like secrets go with the function's document", async () => {
  const fn = serving("words");
  fn.setTopology("flow")
    .to("fills", imputer({ columns: { token: "[UNKNOWN]", session_id: 0 } }))
    .to("maps", mapValues({ token: { values: { "[UNKNOWN]": "a word" }, otherwise: "other" } }))
    .to("renames", rename({ token: "password", session_id: "accessToken" }))
    .to("encodes", oneHotEncoder({ password: ["a word", "another"] }))
    .respond();
  const lines: string[] = [];
  const document = JSON.stringify(fn);
  const answers: unknown[] = [];
  for (const told of [fn, ServingFunction.fromJSON(JSON.parse(document), new Map())]) {
    await using server = await told.toMockServer({ log: keepingLog(lines) });
    answers.push(await server.test("/", { token: null, session_id: null }));
  }
  deepStrictEqual(answers[0], { accessToken: 0, password_a_word: 1, password_another: 0 });
  deepStrictEqual(answers[1], answers[0]);
  deepStrictEqual(lines.filter((line) => line.includes("secret")), []);
});

Deno.test("a document refers to secrets, which are read where the graph runs: by steps, models and arguments, also in a worker", () =>
  withSecrets(async () => {
    const { STORE_TEST_USER: user, STORE_TEST_PASSWORD: password } = SECRETS;
    const asked: string[] = [];
    await using service = serveLoopback(({ path, headers }) => {
      asked.push(
        `${headers.get("authorization")} ${headers.get("x-user")} ${
          new URL(path, "http://x").searchParams.get("token")
        }`,
      );
      return Response.json({ name: "m", platform: "x", inputs: [], outputs: [] });
    });
    const { host } = new URL(service.url);
    const headers = { "x-user": "${STORE_TEST_USER}" };
    const url = `http://\${STORE_TEST_USER}:\${STORE_TEST_PASSWORD}@${host}/x?token=\${STORE_TEST_USER}`;
    const graph = new Graph("refers");
    graph.to(
      "far",
      remote<unknown, InferRequest>({ url, headers: { ...headers, authorization: readSecret("STORE_TEST_PASSWORD") } }),
    )
      .to("model", RemoteModel, {
        args: { url, headers: { ...headers, authorization: "Bearer ${STORE_TEST_PASSWORD}" } },
      })
      .respond();
    const router = new Graph("routes");
    const args = { apiKey: "${STORE_TEST_PASSWORD}", held: readSecret("STORE_TEST_USER") };
    router.to("routes", modelRouter()).respond()
      .addRoute("keyed", Keyed, args).addRoute("apart", Keyed, { ...args, mechanism: "worker" });
    for (const told of [graph, router]) {
      const document = JSON.stringify(told);
      deepStrictEqual(FORMS.filter((form) => document.includes(form)), []);
      const read = Graph.fromJSON(JSON.parse(document), told.code, CATALOGUE);
      strictEqual(JSON.stringify(read), document);
      for (const loaded of [told, read]) {
        const log = memoryLog();
        await using flow = await runGraph(loaded, { log });
        deepStrictEqual(log.lines, []);
        if (told === graph) {
          await flow.ask(null).catch(() => {}); // what the model is asked for after the first step does not matter
          deepStrictEqual(
            new Set(asked.splice(0)),
            new Set(["", "Bearer "].map((scheme) => `${scheme}${password} ${user} ${user}`)),
          );
        }
        for (const model of told === router ? ["keyed", "apart"] : []) {
          const reply = await flow.ask({ inputs: [1] }, { path: `/v2/models/${model}/infer` });
          deepStrictEqual(reply.outputs, [`${password} ${user}`]);
        }
      }
    }
  }));
