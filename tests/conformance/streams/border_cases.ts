/** What crosses a queue between deployed functions at a real broker is what was sent, or is refused where it was made. */

import { deepStrictEqual, match } from "node:assert/strict";
import { openStream } from "levada";
import { CROSSING, REFUSED } from "../../support/border_values.ts";
import { type DeployLab, withDeployLab } from "../../support/deployed.ts";

interface Seen {
  readonly title: string;
  /** How it differs from what was sent; null where it does not. */
  readonly wrong: string | null;
}

function moduleOf(streams: string): string {
  const at = (name: string) => JSON.stringify(streams.replace("{name}", name));
  return `import { deepStrictEqual } from "node:assert/strict";
import { queue, serving } from "levada";
import { CROSSING, REFUSED } from "${new URL("../../support/border_values.ts", import.meta.url)}";
const fn = serving("borders").addChildFunction("child");
fn.setTopology("flow")
  .to("make", (title) => Object.hasOwn(REFUSED, title) ? REFUSED[title][0] : CROSSING[title])
  .to("q", queue({ path: ${at("borders-q")} }))
  .to("look", ({ id, body }) => {
    try {
      deepStrictEqual(body, CROSSING[id]);
      return { title: id, wrong: null };
    } catch (error) {
      return { title: id, wrong: error.message };
    }
  }, { fullEvent: true, function: "child" })
  .to("seen", queue({ path: ${at("borders-seen")} }));
export default fn;
`;
}

const TITLES = Object.keys(CROSSING);

/** Sends the whole table through; `streams` is where they are, with `{name}` for their names. */
export function borderCase(streams: string): { readonly title: string; readonly run: () => Promise<void> } {
  return {
    title: `${TITLES.length} values cross queues between deployed functions as they were sent, and ${
      Object.keys(REFUSED).length
    } are refused where they were made`,
    run: () => withDeployLab((lab) => prove(lab, streams)),
  };
}

async function prove(lab: DeployLab, streams: string): Promise<void> {
  const { url } = await lab.deploy(moduleOf(streams));
  const send = async (title: string) => {
    const headers = { "mlrun-event-id": title, "content-type": "text/plain" };
    const reply = await fetch(url, { method: "POST", body: title, headers });
    return { title, status: reply.status, answer: await reply.json() };
  };
  for (const { title, status, answer } of await Promise.all(TITLES.map(send))) {
    deepStrictEqual([status, answer], [200, { id: title }]);
  }
  for (const { title, status, answer: { error, step } } of await Promise.all(Object.keys(REFUSED).map(send))) {
    match(error, REFUSED[title]![1]);
    match(error, /Cannot publish the body: \$/);
    deepStrictEqual([status, step], [500, "q"]);
  }
  await using stream = await openStream<Seen>(streams.replace("{name}", "borders-seen"));
  const seen = new Map<string, string | null>();
  for await (const delivery of await stream.subscribe({ group: "test" })) {
    for (const { body: { title, wrong } } of delivery) seen.set(title, wrong);
    await delivery.ack();
    if (seen.size >= TITLES.length) break;
  }
  deepStrictEqual(Object.fromEntries(seen), Object.fromEntries(TITLES.map((title) => [title, null])));
}
