/**
 * Answers requests for the sum of a row and keeps records of some, in a process of its own. Its arguments are of how many in 100, 0 for no
 * monitor, and the file. A run is a server's whole life: what a request costs is also the writing of its record, which comes later.
 */

import { setImmediate } from "node:timers/promises";
import { type InferRequest, ModelServer, serving } from "levada";
import { createApp } from "../../../lib/serve/app.ts";
import { answerLines } from "./answer_lines.ts";

const [percent = "0", path = ""] = Deno.args;
const TURN = 10; // requests between turns of the event loop, where a socket would bring more of them and records are written

class Sum extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((row) => (row as number[]).reduce((total, value) => total + value, 0));
  }
}

function monitored() {
  const fn = serving("sums").addModel("sum", Sum);
  let row = 0;
  const random = () => row++ % 100 / 100; // the first of each hundred rows: which records there must be is known
  return percent === "0" ? fn : fn.setTracking(path, { samplingPercentage: Number(percent), random });
}

const headers = { "content-type": "application/json" };
await answerLines(async (requests) => {
  const app = createApp(await monitored().start(), { name: "sums" });
  const answered: number[] = [];
  for (let n = 0; n < requests; n++) {
    const body = `{"inputs":[[${n},5,2.5,0.5]]}`;
    const request = new Request("http://x/v2/models/sum/infer", { method: "POST", body, headers });
    const reply = await (await app.fetch(request)).json();
    answered.push(reply.outputs[0]);
    if (n % TURN === 0) await setImmediate();
  }
  await app.close();
  return async () => ({ answered: digest(answered), recorded: digest(percent === "0" ? [] : await takeRecords()) });
});

/** What the records say was answered, of one run: the file goes. */
async function takeRecords(): Promise<number[]> {
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
  await Deno.remove(path);
  return lines.map((line) => JSON.parse(line).resp.outputs[0]);
}

function digest(sums: readonly number[]): [count: number, total: number] {
  return [sums.length, sums.reduce((total, sum) => total + sum, 0)];
}
