/** `addTrigger` at a real broker: what a stream has starts a function that is served. */

import { deepStrictEqual } from "node:assert/strict";
import { type FlowEvent, openStream, serving } from "levada";
import { main } from "../../../lib/cli/main.ts";
import { tellNewReaders } from "../../../lib/deploy/process/new_readers.ts";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { manifested } from "../../support/manifested.ts";
import { memoryLog } from "../../support/run_graph.ts";
import { LINES } from "./line_cases.ts";

const RECORDS = 200;
const KEYS = 7;

/** Publishes records, one of which is poison, before the function is there; each of them arrives, in the order of its key. */
export async function proveTrigger(name: string): Promise<void> {
  await using kit = await LINES[name]!();
  const path = `${kit.line}-${crypto.randomUUID()}`;
  await using stream = await openStream<unknown>(path);
  const records = Array.from({ length: RECORDS }, (_, n) => ({
    id: `r${n}`,
    key: `k${n % KEYS}`,
    path: "/orders",
    headers: { "x-why": "test" },
    body: n === 100 ? "poison" : { n },
  }));
  await stream.publish(records);
  const seen = new Map<string, string[]>();
  const all = Promise.withResolvers<void>();
  const fn = serving(`fn-${crypto.randomUUID()}`).addTrigger("orders", { stream: path, maxTries: 2, maxRecords: 10 });
  fn.setTopology("flow").to("see", ({ id, key, path, headers, trigger, body }: FlowEvent) => {
    if (body === "poison") throw new Error("cannot be eaten");
    deepStrictEqual([path, headers.get("x-why"), trigger?.split("/").at(-1)], ["/orders", "test", lastOf(stream.path)]);
    seen.set(key!, [...seen.get(key!) ?? [], id]);
    if ([...seen.values()].flat().length === RECORDS - 1) all.resolve();
  }, { fullEvent: true });
  const planned = () => tellNewReaders(manifested(fn), { folder: { state: "unused" }, before: undefined });
  const told =
    `since "${fn.name}" has not read it before: there are ${RECORDS}. To leave these out, say from: "end" of trigger "orders"`;
  deepStrictEqual((await planned()).map((line) => line.endsWith(told)), [true]);
  const log = memoryLog();
  {
    await using _server = await fn.serve({ port: 0, log });
    await all.promise;
  }
  const expected = Map.groupBy(records.filter(({ body }) => body !== "poison"), ({ key }) => key);
  for (const [key, ids] of seen) deepStrictEqual([...new Set(ids)], expected.get(key)!.map(({ id }) => id));
  await using letters = await openStream(deadLetterPath(path));
  const { value } = await (await letters.subscribe({ group: "test" })).next();
  const [letter] = value!.records;
  deepStrictEqual([letter!.id, letter!.error!.step, letter!.error!.message], ["r100", "see", "cannot be eaten"]);
  deepStrictEqual(await stream.lag(fn.name), 0);
  deepStrictEqual(await planned(), []);
  await proveForgetting(path, fn.name);
}

/** Who looks after the stream in a terminal sees the group of the function that was served, and has it forgotten. */
async function proveForgetting(path: string, group: string): Promise<void> {
  const told = { out: "", err: "" };
  const terminal = {
    out: (text: string) => void (told.out += text),
    err: (text: string) => void (told.err += text),
    isInteractive: false,
    columns: 100,
  };
  const levada = (...words: string[]) => main(words, terminal, new AbortController().signal);
  const groups = async () => {
    told.out = "";
    deepStrictEqual([await levada("streams", "list", path, "--json"), told.err], [0, ""]);
    const [{ records, groups }] = JSON.parse(told.out);
    deepStrictEqual(records, RECORDS);
    return groups.map((one: Record<string, unknown>) => [one.group, one.behind, one.readers]);
  };
  deepStrictEqual(await groups(), [[group, 0, 0]]);
  deepStrictEqual([await levada("streams", "forget", group, path, "--yes"), told.err], [0, ""]);
  deepStrictEqual(await groups(), []);
}

function lastOf(path: string): string {
  return path.split("/").at(-1)!;
}
