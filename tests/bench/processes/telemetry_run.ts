/**
 * Answers requests in a process of its own: what OpenTelemetry does is decided when a process starts. Its argument is what looks on:
 * `nothing`, `metrics`, `log`, `spans`, `all`.
 */

import { openLog, openTelemetry, serving } from "levada";
import { createApp } from "../../../lib/serve/app.ts";
import { answerLines } from "./answer_lines.ts";

const add1 = (n: number) => n + 1;
const [look] = Deno.args;
const file = await Deno.open("/dev/null", { write: true });
const text = new TextEncoder();
const accessLog = openLog({ format: "json", write: (line) => void file.writeSync(text.encode(`${line}\n`)) });
const telemetry = look === "nothing" ? undefined : await openTelemetry({
  metrics: look !== "log" && look !== "spans",
  accessLog: look === "log" || look === "all" ? accessLog : undefined,
});

const fn = serving("five");
fn.setTopology("flow").to("s1", add1).to("s2", add1).to("s3", add1).to("s4", add1).to("s5", add1).respond();
const app = createApp(await fn.start({ ...(telemetry === undefined ? {} : { telemetry }) }), {
  telemetry,
  name: "five",
});

const headers = { "content-type": "application/json" };
await answerLines(async (requests) => {
  let total = 0;
  for (let n = 0; n < requests; n++) {
    const request = new Request("http://x/", { method: "POST", body: String(n), headers });
    total += await (await app.fetch(request)).json();
  }
  return () => total;
});
