import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { NuclioConfig, NuclioFunction } from "../../../../../lib/deploy/nuclio/nuclio_function.ts";
import {
  RECORD,
  recordOf,
  type ReleaseRecord,
  whoWrote,
  writeRecord,
} from "../../../../../lib/deploy/nuclio/release_record.ts";

const labelsOf = (fn: string, graph = "iris") => ({
  "nuclio.io/project-name": "default",
  "app.kubernetes.io/managed-by": "levada",
  "app.kubernetes.io/part-of": graph,
  "levada.dev/function": fn,
  "levada.dev/revision": "aaaaaaaaaaaa",
});
const CONFIG: NuclioConfig = {
  metadata: { name: "iris", labels: labelsOf("iris") },
  spec: { runtime: "nodejs", image: "a:1" },
};
const [DAY, NEXT] = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"];
const record = (deployedAt: string): ReleaseRecord => ({ revision: "aaaaaaaaaaaa", deployedAt, functions: [CONFIG] });
const kept = (text: string): NuclioFunction => ({
  ...CONFIG,
  metadata: { ...CONFIG.metadata, namespace: "nuclio", annotations: { [RECORD]: text } },
});
const packed = (value: unknown) =>
  gzipSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

Deno.test("recordOf() gives the newest of the records that functions have", () => {
  const child = { ...CONFIG, metadata: { name: "iris-a", namespace: "nuclio", labels: labelsOf("a") } };
  const young = { ...record(NEXT), by: "anna@laptop", functions: [child, CONFIG], previous: record(DAY) };
  const old = record(DAY);
  deepStrictEqual(recordOf([kept(writeRecord("deploy", old)), kept(writeRecord("deploy", young))]), young);
});

Deno.test("recordOf() passes over what somebody else has written there", () => {
  const strange = [
    "",
    "no base64 !",
    "AAAA",
    packed("{"),
    packed(null),
    packed({ revision: 1 }),
    packed({ ...record(DAY), functions: [] }),
    packed({ ...record(DAY), previous: { revision: "b" } }),
    packed({ ...record(DAY), deployedAt: "x" }),
    packed({ ...record(DAY), revision: "\x1b[2J" }),
    packed({ ...record(DAY), by: 7 }),
    ...[null, {}, "x", { ...CONFIG.spec, env: [null] }, { ...CONFIG.spec, minReplicas: "x" }, {
      ...CONFIG.spec,
      triggers: { a: 1 },
    }]
      .map((spec) => packed({ ...record(DAY), functions: [{ ...CONFIG, spec }] })),
    packed("0".repeat(50 * 1024 * 1024)),
  ];
  strictEqual(recordOf(strange.map(kept)), undefined);
});

Deno.test("writeRecord() refuses what is too large for an annotation", () => {
  const noise = Array.from(crypto.getRandomValues(new Uint8Array(60_000)), (byte) => byte.toString(16)).join("");
  const large = { ...record(DAY), functions: [{ ...CONFIG, spec: { ...CONFIG.spec, description: noise + noise } }] };
  throws(
    () => writeRecord('deploy "iris"', large),
    /Cannot deploy "iris": what its functions are told has \d+ letters packed, and 100000/,
  );
});

Deno.test("recordOf() passes over what would have functions made that are not of its own function's graph, project and namespace", () => {
  const own = CONFIG.metadata;
  const others = [
    { ...own, name: "backdoor" },
    { ...own, name: "iris-b" },
    { ...own, namespace: "kube-system" },
    { ...own, labels: {} },
    { ...own, labels: undefined },
    { ...own, labels: labelsOf("iris", "other") },
    { ...own, labels: { ...own.labels, "nuclio.io/project-name": "other" } },
    { ...own, labels: { ...own.labels, "app.kubernetes.io/managed-by": "helm" } },
    { ...own, labels: { ...own.labels, app: "shop" } },
    { ...own, annotations: { a: "b" } },
    { ...own, resourceVersion: "1" },
  ];
  for (const metadata of others) {
    const functions = [{ ...CONFIG, metadata }];
    strictEqual(recordOf([kept(packed({ ...record(DAY), functions }))]), undefined);
    strictEqual(recordOf([kept(packed({ ...record(DAY), previous: { ...record(DAY), functions } }))]), undefined);
  }
  const same = [{ ...CONFIG, metadata: { ...own, namespace: "nuclio" } }];
  deepStrictEqual(recordOf([kept(packed({ ...record(DAY), functions: same }))])?.functions, same);
});

Deno.test("whoWrote() tells a name that cannot move the cursor of who reads it", () => {
  const fn = kept(packed({ ...record(DAY), by: "\x1b[2J\nroot" }));
  strictEqual(whoWrote(fn, undefined), "\\u001b[2J\\nroot (revision aaaaaaaaaaaa, 2026-01-01T00:00:00.000Z)");
});
