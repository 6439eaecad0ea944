/** One fat request does not hold up the others: small ones are answered while it is read, and while its reply is written. */

import { strictEqual } from "node:assert/strict";
import { type InferRequest, ModelServer, serving, Tensor, type TensorRequest } from "levada";
import { RawConnection } from "../support/raw_http.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const LEAST = 20; // where all was done at once, few came between the parts of a body
const COUNT = 200_000;

/** When the fat request has been read. */
let onRead = () => {};

/** Gives back as many rows as it is told, read before. */
class Fat extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    onRead();
    const [rows] = inputs;
    return typeof rows === "number" ? Array(rows).fill([5.1, 3.5, "setosa"]) : [inputs.length];
  }

  override predictTensors({ inputs: [x] }: TensorRequest): Tensor[] {
    onRead();
    return [Tensor.from("y", new Float32Array(x!.shape[0]!).fill(0.1))];
  }
}

class Count extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return [inputs.length];
  }
}

async function serve() {
  const fn = serving("two");
  fn.setTopology("router").addRoute("fat", Fat).addRoute("other", Count);
  return await fn.serve({ port: 0, log });
}

async function answerSmall(url: string): Promise<void> {
  const response = await fetch(`${url}/v2/models/other/infer`, {
    method: "POST",
    body: '{"inputs":[1]}',
    headers: { "content-type": "application/json" },
  });
  strictEqual((await response.json()).outputs[0], 1);
}

/** Answers small requests until something is done; tells how many. */
async function answered(url: string, done: Promise<unknown>): Promise<number> {
  let isDone = false;
  const end = () => void (isDone = true);
  done.then(end, end);
  let count = 0;
  for (; !isDone; count++) await answerSmall(url);
  return count;
}

const READ: Readonly<Record<string, [body: string, type?: string]>> = {
  "rows": [`{"inputs":[${"[5.1,3.5,1.4,0.2],".repeat(COUNT)}[]]}`],
  "empty lists": [`{"inputs":[${"[],".repeat(COUNT * 5)}[]]}`],
  "keys": [`{"inputs":[{${Array.from({ length: COUNT * 2 }, (_, index) => `"k${index}":1`).join(",")}}]}`],
  "rows that nobody says to be JSON": [`{"inputs":[${"[5.1,3.5,1.4,0.2],".repeat(COUNT)}[]]}`, ""],
  "rows that are said to be text": [`{"inputs":[${"[5.1,3.5,1.4,0.2],".repeat(COUNT)}[]]}`, "text/plain"],
};

for (const [what, [body, type = "application/json"]] of Object.entries(READ)) {
  Deno.test(`small requests are answered while ${what} are read`, async () => {
    await using server = await serve();
    const read = new Promise<void>((resolve) => onRead = resolve);
    using fat = await RawConnection.open(server.url);
    await fat.send(
      `POST /v2/models/fat/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n` +
        `${type === "" ? "" : `Content-Type: ${type}\r\n`}\r\n${body.slice(0, -1)}`,
    );
    await answerSmall(server.url);
    await fat.send(body.slice(-1));
    const count = await answered(server.url, read);
    strictEqual((await fat.reply()).status, 200);
    strictEqual(count >= LEAST, true, `${count} were answered`);
  });
}

const WRITTEN: Readonly<Record<string, string>> = {
  "rows": `{"inputs":[${COUNT}]}`,
  "tensors": `{"inputs":[{"name":"x","shape":[${COUNT * 2}],"datatype":"FP32","data":[${
    "1,".repeat(COUNT * 2 - 1)
  }1]}]}`,
};

for (const [what, body] of Object.entries(WRITTEN)) {
  Deno.test(`small requests are answered while ${what} are written`, async () => {
    await using server = await serve();
    const read = new Promise<void>((resolve) => onRead = resolve);
    const fat = fetch(`${server.url}/v2/models/fat/infer`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    await read;
    const count = await answered(server.url, fat); // its head comes when all is written
    const { outputs } = await (await fat).json();
    strictEqual((outputs[0].data ?? outputs).length >= COUNT, true);
    strictEqual(count >= LEAST, true, `${count} were answered`);
  });
}
