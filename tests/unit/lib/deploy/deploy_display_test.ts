import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { testClock } from "levada/testing";
import { DeployDisplay } from "../../../../lib/deploy/deploy_display.ts";
import type { DeployProgress } from "../../../../lib/deploy/deploy_progress.ts";

type Content = {
  data: Record<string, string>;
  transient: { display_id: string };
};

/** A display, and what a notebook would show of it, display by display. */
function shown(wish: { kind?: "deploy" | "rollback"; stage?: string } = { stage: "Making its bundle …" }) {
  const clock = testClock();
  const displays = new Map<string, string>();
  const types: string[] = [];
  const html: string[] = [];
  const broadcast = (type: string, content: object) => {
    const { data, transient: { display_id: id } } = content as Content;
    strictEqual(type, displays.has(id) ? "update_display_data" : "display_data");
    types.push(type);
    html.push(data["text/html"]!);
    displays.set(id, data["text/plain"]!);
  };
  const display = new DeployDisplay({ ...wish, name: "shop", deadlineMs: 300_000, broadcast, clock });
  return { clock, display, types, html, lines: () => [...displays.values()] };
}

function progress(name: string | undefined, more: Partial<DeployProgress> = {}): DeployProgress {
  return { state: "starting", function: name, url: undefined, ...more };
}

Deno.test("DeployDisplay has one display a function, changed in its place, to the end", async () => {
  const { clock, display, lines, types } = shown();
  deepStrictEqual(lines(), ["◌  shop  Making its bundle  0 s of 300 s"]);
  display.tell(progress(undefined, { state: "checking" }));
  deepStrictEqual(lines(), ["◌  shop  Starting it once, to see that it starts  0 s of 300 s"]);
  await clock.advance(2_500);
  display.tell(progress("shop", { pods: { ready: 0, wished: 3 }, reason: "its image is pulled" }));
  display.tell(progress("enrich"));
  deepStrictEqual(lines(), [
    "◌  shop  starting  0 of 3 pods: its image is pulled  2 s of 300 s",
    "◌  enrich  starting  2 s of 300 s",
  ]);
  await clock.advance(3_000);
  display.tell(progress("enrich", { state: "ready", url: "http://enrich" }));
  await clock.advance(4_000);
  deepStrictEqual(lines(), [
    "◌  shop  starting  0 of 3 pods: its image is pulled  9 s of 300 s",
    "✓  enrich  ready  http://enrich  5 s",
  ]);
  display.tell(progress("shop", { state: "ready", url: "http://shop", pods: { ready: 3, wished: 3 } }));
  display.tell(progress(undefined, { state: "replacing" }));
  match(lines()[0]!, /^✓ {2}shop {2}ready {2}3 of 3 pods, http:\/\/shop, All are ready; what ran before ends {2}9 s$/);
  display.end("ready");
  deepStrictEqual(lines(), [
    "✓  shop  ready  3 of 3 pods, http://shop  9 s",
    "✓  enrich  ready  http://enrich  5 s",
  ]);
  strictEqual(types.filter((type) => type === "display_data").length, 2);
  const count = types.length;
  strictEqual(clock.timers, 0);
  await clock.advance(10_000);
  display.tell(progress("shop", { pods: { ready: 0, wished: 3 }, reason: "its image cannot be had" }));
  display.end("failed");
  strictEqual(types.length, count, "what has ended does not change");
});

Deno.test("DeployDisplay of a rollback says so, and that what ran is put back", () => {
  const of = (kind: "rollback" | "deploy") => {
    const { display, lines } = shown({ kind });
    return { display, lines };
  };
  const failed = of("rollback");
  deepStrictEqual(failed.lines(), ["◌  shop  Looking what ran before  0 s of 300 s"]);
  failed.display.end("failed");
  deepStrictEqual(failed.lines(), ["✗  shop  not rolled back  0 s"]);
  const back = of("deploy");
  back.display.tell(progress("shop"));
  back.display.tell(progress(undefined, { state: "returning", note: "what ran before is put back …" }));
  deepStrictEqual(back.lines(), ["◌  shop  is put back  0 s of 300 s"]);
});

Deno.test("DeployDisplay lets long words and names break, so that the time stays in sight", () => {
  const { display, html } = shown();
  display.tell(progress("s".repeat(60), { reason: `registry.test/${"a".repeat(200)}` }));
  const [mark, name, state, more, time] = html.at(-1)!.matchAll(/<(?:span|b) style="([^"]*)"/g).map(([, style]) =>
    style
  );
  strictEqual(mark!.includes("nowrap"), false);
  for (const style of [name, state, more]) match(style!, /min-width:0;overflow-wrap:anywhere/);
  match(time!, /white-space:nowrap/);
});

Deno.test("DeployDisplay shows what did not become ready, with its last reason, and what was given up with it", async () => {
  const { clock, display, lines, html } = shown();
  display.tell(progress("enrich", { state: "ready", url: "http://enrich" }));
  display.tell(progress("shop", { pods: { ready: 0, wished: 1 }, reason: "its image cannot be had: <b>none</b>" }));
  await clock.advance(12_000);
  display.end("failed");
  deepStrictEqual(lines(), [
    "✗  shop  not ready  0 of 1 pod: its image cannot be had: <b>none</b>  12 s",
    "✗  enrich  given up  0 s",
  ]);
  ok(html.some((one) => one.includes("&lt;b&gt;none&lt;/b&gt;")) && !html.some((one) => one.includes("<b>none</b>")));
});

Deno.test("DeployDisplay of what runs already, and of a function whose children have all of its steps", () => {
  for (
    const [children, told] of [[[], "✓  shop  runs as it is wished  0 s"], [
      ["enrich"],
      "✓  shop  deployed  0 s",
    ]] as const
  ) {
    const { display, lines } = shown();
    for (const name of children) display.tell(progress(name, { state: "ready", url: "http://enrich" }));
    display.end("ready");
    strictEqual(lines()[0], told);
  }
});
