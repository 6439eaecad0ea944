import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  deployDoing,
  type DeployedReleases,
  type Doing,
  recordAfter,
  type Running,
  runsAs,
  settledRecord,
  wayBack,
} from "../../../../../lib/deploy/kubernetes/deployed_releases.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const ONE = releaseOfShop();
const TWO = releaseOfShop({ revision: "ba9876543210" });
const THREE = releaseOfShop({ revision: "aaaaaaaaaaaa" });
const RECORD: DeployedReleases = { current: TWO, previous: ONE, deployedAt: undefined };

Deno.test("recordAfter() keeps what ran before; the same again is no other, by an earlier Levada either", () => {
  deepStrictEqual(recordAfter(undefined, ONE), { current: ONE, previous: undefined });
  deepStrictEqual(recordAfter({ current: ONE, previous: undefined }, TWO), { current: TWO, previous: ONE });
  deepStrictEqual(recordAfter({ current: TWO, previous: ONE }, TWO), { current: TWO, previous: ONE });
  const { publishes: _, ...fn } = functionOf("shop");
  const earlier = releaseOfShop({ functions: [fn] });
  const now = releaseOfShop({ code: { kind: "config", archive: "H4sI" } });
  deepStrictEqual(recordAfter({ current: earlier, previous: TWO }, now), { current: now, previous: TWO });
  deepStrictEqual(recordAfter({ current: undefined, previous: ONE }, TWO), { current: TWO, previous: ONE });
});

Deno.test("recordAfter() keeps the way back where pods alone are more or fewer, and not where the image is another", () => {
  const more = releaseOfShop({ functions: [functionOf("shop", { cluster: { replicas: 3 } })] });
  const after = recordAfter({ current: ONE, previous: TWO }, more); // else a bad revision that is scaled would be its own way back
  deepStrictEqual(after, { current: more, previous: TWO });
  deepStrictEqual(recordAfter(after, ONE), { current: ONE, previous: TWO });
  const patched = releaseOfShop({ image: "levada/runtime:0.1.1" });
  deepStrictEqual(recordAfter({ current: ONE, previous: TWO }, patched), { current: patched, previous: ONE });
});

Deno.test("wayBack() leads on where a rollback was broken off, and takes back a deploy or a delete that was", () => {
  const after = (doing?: Doing, runs?: Running) => wayBack({ ...RECORD, doing }, runs);
  strictEqual(after(undefined, TWO), "previous");
  strictEqual(after({ what: "rollback", to: ONE.revision, backTo: "previous" }, ONE), "previous");
  strictEqual(after({ what: "rollback", to: TWO.revision, backTo: "current" }, THREE), "current");
  strictEqual(after({ what: "deploy", to: THREE.revision, backTo: "current" }, THREE), "current");
  strictEqual(after({ what: "prune", to: TWO.revision, backTo: "previous" }, TWO), "previous");
  strictEqual(after({ what: "delete", backTo: "current" }), "current");
});

Deno.test("wayBack() leads to what was deployed last where others have applied another revision since", () => {
  strictEqual(wayBack(RECORD, THREE), "current");
  strictEqual(wayBack(RECORD, ONE), "previous", "who went back by hand goes no further, and not forth");
  strictEqual(wayBack(RECORD, undefined), "previous");
  strictEqual(wayBack({ ...RECORD, current: undefined }, THREE), "previous");
});

Deno.test("wayBack() leads to the image that was deployed where others have applied the same revision with another", () => {
  const patched = { ...TWO, image: "levada/runtime:0.1.1" };
  strictEqual(wayBack(RECORD, patched), "current");
  strictEqual(wayBack({ ...RECORD, current: patched, previous: TWO }, patched), "previous");
});

Deno.test("runsAs() knows an image again where a cluster has it from another registry, or by its digest", () => {
  const digest = `@sha256:${"0".repeat(64)}`;
  const runs = (image: string, said = "ghcr.io/shop/levada:1") => runsAs({ ...ONE, image }, { ...ONE, image: said });
  for (
    const image of ["ghcr.io/shop/levada:1", "proxy.test:5000/ghcr/shop/levada:1", `ghcr.io/shop/levada:1${digest}`]
  ) {
    strictEqual(runs(image), true, image);
  }
  for (const image of ["ghcr.io/shop/levada:2", "ghcr.io/shop/levada", "ghcr.io/workshop/levada:1"]) {
    strictEqual(runs(image), false, image);
  }
  strictEqual(runs("shop/levada", `shop/levada${digest}`), false);
  strictEqual(runs(`ghcr.io/shop/levada${digest}`), true, "a digest in the place of the tag");
  strictEqual(runs(`[::1]:5000/shop/levada${digest}`, `[::1]:5000/shop/levada:1${digest}`), true);
  strictEqual(runs(`shop/levada@sha256:${"1".repeat(64)}`, `shop/levada:1${digest}`), false);
  strictEqual(runs("shop/levada:latest", "[::1]:5000/shop/levada"), true);
  strictEqual(runsAs(ONE, TWO), false);
});

Deno.test("settledRecord() has a deploy after a rollback that was broken off go back to where that led, not to what it led away from", () => {
  const doing: Doing = { what: "rollback", to: ONE.revision, backTo: "previous" };
  const record = { ...RECORD, doing };
  deepStrictEqual(settledRecord(record, THREE), {
    ...record,
    current: ONE,
    previous: TWO,
    doing: { ...doing, backTo: "current" },
  });
  strictEqual(settledRecord(record, ONE), record, "it is the rollback that goes on");
  for (const other of [undefined, RECORD, { ...RECORD, doing: { ...doing, backTo: "current" as const } }]) {
    strictEqual(settledRecord(other, THREE), other);
  }
});

Deno.test("deployDoing() goes on with a rollback that was broken off where that release is deployed", () => {
  const doing: Doing = { what: "rollback", to: ONE.revision, backTo: "previous" };
  strictEqual(deployDoing({ ...RECORD, doing }, ONE), doing);
  for (const record of [undefined, RECORD, { ...RECORD, doing }]) {
    deepStrictEqual(deployDoing(record, THREE), { what: "deploy", to: THREE.revision, backTo: "current" });
  }
});
