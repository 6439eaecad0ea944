/** What a step or a model throws may hold a secret, in many forms: whichever door the message leaves by, the secret stays. */

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  deadLetters,
  type InferRequest,
  modelRouter,
  ModelServer,
  openLog,
  openStream,
  parallel,
  queue,
  remoteBatch,
  serving,
  type ServingFunction,
  votingEnsemble,
} from "levada";
import { z } from "zod";
import { main } from "../../lib/cli/main.ts";
import { consoleLog } from "../../lib/flow/console_log.ts";
import { failureBody } from "../../lib/serve/reply/failure_body.ts";
import { exportedSpans } from "../support/exported_spans.ts";
import { SECRET, SECRET_MESSAGES } from "../support/secret_messages.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Fails with what it is told: when it loads, or when it is asked. */
class Failing extends ModelServer {
  static loadsWith = "";

  override load(): void {
    if (Failing.loadsWith !== "") throw new Error(Failing.loadsWith);
  }

  predict({ inputs }: InferRequest): unknown[] {
    throw new RangeError(String(inputs[0]));
  }
}

class Steady extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    return inputs.map(() => 1);
  }
}

const log = { debug() {}, info() {}, warn() {}, error() {} };

function failing(): ServingFunction {
  const fn = serving("failing");
  fn.setTopology("flow").to("fails", (message: string): string => {
    throw new Error(message);
  }).respond();
  return fn;
}

/** What a function answers to each message. */
async function answers(
  fn: ServingFunction,
  path: string,
  bodyOf: (message: string) => unknown,
  headers: Record<string, string> = {},
): Promise<string> {
  await using server = await fn.toMockServer({ log });
  const texts = [];
  for (const message of Object.values(SECRET_MESSAGES)) {
    texts.push(await (await server.test(path, bodyOf(message), { silent: true, headers })).text());
  }
  return texts.join("\n");
}

/** What a failing step writes into a log. */
async function logged(format: "json" | "text"): Promise<string> {
  const lines: string[] = [];
  const told = openLog({ format, write: (line) => lines.push(line) });
  for (const message of Object.values(SECRET_MESSAGES)) { // in one second all but 20 kinds would be one
    await using server = await failing().toMockServer({ log: told });
    await server.test("/", message, { silent: true });
    told.error(message);
    told.warn("Cannot go on", { error: new Error(message), why: message });
  }
  return lines.join("\n");
}

/** Every door that a message leaves by: what stands behind it, after each message was thrown. */
const DOORS: Readonly<Record<string, () => Promise<string>>> = {
  "a reply": () => answers(failing(), "/", (message) => message),
  "a reply over gRPC, or in a stream of replies": () =>
    Promise.resolve(
      Object.values(SECRET_MESSAGES).map((message) => failureBody(new Error(message), "id").body.error).join("\n"),
    ),
  "a reply that fails behind its first chunk"() {
    const fn = serving("chunks");
    fn.setTopology("flow").to("fails", function* (message: string): Generator<string> {
      yield "first";
      throw new Error(message);
    }).respond();
    return answers(fn, "/", (message) => message, { accept: "text/event-stream" });
  },
  "what an ensemble says of members that it does without"() {
    const fn = serving("votes");
    fn.setTopology("router", votingEnsemble({ onMemberError: "drop" })).addRoute("fails", Failing)
      .addRoute("steady", Steady);
    return answers(fn, "/v2/models/VotingEnsemble/infer", (message) => ({ inputs: [message] }));
  },
  "what parallel functions leave behind that failed"() {
    const fn = serving("parallel");
    const fails = (message: unknown): string => {
      throw new Error(String(message));
    };
    fn.setTopology("flow").to("both", parallel({ fails, steady: () => 1 }, { onError: "drop" })).respond();
    return answers(fn, "/", (message) => message);
  },
  "items that could not be asked for"() {
    const fn = serving("items");
    const url = (message: string): string => {
      throw new Error(message);
    };
    fn.setTopology("flow").to("ask", remoteBatch({ url, onItemError: "report" })).respond();
    return answers(fn, "/", (message) => [message]);
  },
  async "why a model is not ready"() {
    const texts: string[] = [];
    for (const message of Object.values(SECRET_MESSAGES)) {
      Failing.loadsWith = message;
      const fn = serving("models");
      fn.setTopology("router", modelRouter()).addRoute("m", Failing, { loading: "background" });
      await using server = await fn.toMockServer({ log });
      const ask = async (path: string, method: string) =>
        texts.push(await (await server.fetch(new Request(`http://x${path}`, { method }))).text());
      await ask("/v2/repository/models/m/load", "POST");
      await ask("/ready", "GET");
      await ask("/v2/repository/index", "POST");
    }
    Failing.loadsWith = "";
    for (const [index, text] of texts.entries()) strictEqual(text.includes("cannot reach"), true, `${index}: ${text}`);
    return texts.join("\n");
  },
  "log lines of JSON": () => logged("json"),
  "log lines for people": () => logged("text"),
  async "the words of levada serve"() {
    await using folder = await temporaryFolder();
    let said = "";
    const terminal = { out() {}, err: (text: string) => void (said += text), isInteractive: false, columns: 80 };
    for (const [index, message] of Object.values(SECRET_MESSAGES).entries()) {
      const module = `${folder.path}/${index}.ts`;
      await Deno.writeTextFile(module, `throw new Error(${JSON.stringify(message)});`);
      strictEqual(await main(["serve", module, "--port", "0"], terminal, new AbortController().signal), 1);
    }
    return said;
  },
  async "the log of a notebook"() {
    const lines: string[] = [];
    const write = console.warn;
    console.warn = (line: string) => void lines.push(line);
    try {
      for (const message of Object.values(SECRET_MESSAGES)) await consoleLog().warn(message, { why: message });
    } finally {
      console.warn = write;
    }
    return lines.join("\n");
  },
  async "what each step did"() {
    await using server = await failing().toMockServer({ log });
    const texts: string[] = [];
    for (const message of Object.values(SECRET_MESSAGES)) {
      const { html } = (await server.trace("/", message)).table;
      texts.push(html.slice(html.indexOf("✗"))); // what came in is the caller's, and shown to its author
    }
    return texts.join("\n");
  },
  async "the error stream, and what nobody was told of"() {
    const pushed: unknown[] = [];
    const fn = serving("behind");
    fn.setTopology("flow").to("told", (message: string) => message).respond().to("later", queue()).to(
      "fails",
      (message) => {
        throw new Error(message);
      },
    );
    const server = await fn.toMockServer({ log, errorStream: (failure) => void pushed.push(failure) });
    for (const message of Object.values(SECRET_MESSAGES)) await server.test("/", message);
    await server[Symbol.asyncDispose]();
    const letters = server.deadLetters();
    strictEqual(letters.length, pushed.length);
    return JSON.stringify([...pushed, ...letters].map((record) => (record as { error: unknown }).error));
  },
  async "dead letters of a stream"() {
    await using stream = await openStream<number>("memory://secret-messages");
    await stream.publish(Object.values(SECRET_MESSAGES).map((_, n) => ({ body: n })));
    await using subscription = await stream.subscribe({ group: "g" });
    const messages = Object.values(SECRET_MESSAGES);
    for (let left = messages.length; left > 0;) {
      const { value: delivery } = await subscription.next();
      for (const record of delivery!.records) await delivery!.bury(new Error(messages[record.body]), [record]);
      left -= delivery!.records.length;
    }
    return (await deadLetters("memory://secret-messages").list()).map(({ error }) => error!.message).join("\n");
  },
  async "records of model monitoring"() {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/records.jsonl`;
    const fn = serving("tracked");
    fn.setTopology("router", modelRouter()).addRoute("m", Failing);
    fn.setTracking(path);
    {
      await using server = await fn.toMockServer({ log });
      for (const message of Object.values(SECRET_MESSAGES)) {
        await server.test("/v2/models/m/infer", { inputs: [message] }, { silent: true });
      }
    }
    const records = (await Deno.readTextFile(path)).trim().split("\n").map((line) => JSON.parse(line));
    return records.map(({ error }) => error).join("\n"); // inputs are the caller's, and kept as they came
  },
  "spans": () => exportedSpans("traced_secrets.ts"),
};

for (const [door, text] of Object.entries(DOORS)) {
  Deno.test(`no secret of a message leaves by ${door}`, async () => {
    const found = await text();
    const seen = found.split("cannot reach").length - 1;
    strictEqual(seen >= Object.keys(SECRET_MESSAGES).length, true, `${seen} messages came through:\n${found}`);
    deepStrictEqual(found.split("\n").filter((line) => line.includes(SECRET)), []);
  });
}

Deno.test("a caller reads what is wrong with fields that are called like secrets", async () => {
  const fn = serving("login");
  const input = z.object({ token: z.string(), password: z.string().min(3) });
  fn.setTopology("flow", { input }).to("same", (body) => body).respond();
  await using server = await fn.toMockServer({ log });
  const { error } = await (await server.test("/", { password: "x" } as never, { silent: true })).json();
  match(error, /: token: Invalid input: expected string, received undefined; password: Too small: expected string to/);
});
