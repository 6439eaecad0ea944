/** A record whose work never ends, in a real process that is watched. */

import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { Crew } from "../../lib/cli/workers/crew.ts";
import { openLocal } from "../../lib/streams/local/open_local.ts";
import { withModule } from "../support/served_pids.ts";

const LOOPS = `import { serving } from "levada";
const fn = serving("loops").addTrigger("numbers", { stream: "local://numbers", maxTries: 1 });
fn.setTopology("flow").to("work", (body: unknown) => {
  console.log("works on " + body);
  while (body === "hangs");
});
export default fn;
`;

Deno.test("a record that hangs its process is met only by processes that are watched, is tried alone, and ends as a dead letter; what comes behind it is worked on", async () => {
  await withModule(LOOPS, async (module) => {
    const state = join(module, "../state");
    const folder = join(state, "streams");
    await using numbers = await openLocal<string>("local://numbers", { folder });
    await numbers.publish(["hangs", "after"].map((body) => ({ body, key: "one" })));
    const met: [line: string, watched: number][] = [];
    const settled = Promise.withResolvers<void>();
    settled.promise.catch(() => {});
    const crew = new Crew([module, "--port", "0"], {
      size: 1,
      flags: undefined,
      context: {
        terminal: {
          out(text) {
            if (!text.startsWith("works on")) return;
            met.push([text.trim(), crew.state.pids.length]);
            if (crew.state.pids.length === 0) {
              settled.reject(new Error("a process that nobody watches has met a record"));
            }
            if (text.includes("after")) settled.resolve();
          },
          err() {},
          isInteractive: false,
          columns: 80,
        },
        signal: new AbortController().signal,
      },
      env: { ...Deno.env.toObject(), LEVADA_STATE: state },
      onErrorLine: () => {},
      signMs: 50,
      firstPauseMs: 1,
      keepsTrying: true,
    });
    try {
      await crew.start();
      await settled.promise;
      while (await numbers.lag("loops") > 0) await new Promise((look) => setTimeout(look, 20));
    } finally {
      crew.kill();
      await crew.stop().catch(() => {}); // that it was killed
    }
    deepStrictEqual(met.slice(0, 2), [["works on hangs", 1], ["works on hangs", 1]]); // with others, then alone
    await using letters = await openLocal<string>("local://numbers-dead-letters", { folder });
    const bodies: string[] = [];
    for await (const { body } of letters.look("test")) bodies.push(body!);
    deepStrictEqual(bodies, ["hangs"]);
  });
});
