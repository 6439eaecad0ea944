import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { NuclioConfig, NuclioFunction } from "../../../../../lib/deploy/nuclio/nuclio_function.ts";
import { RECORD, recordOf, type ReleaseRecord, writeRecord } from "../../../../../lib/deploy/nuclio/release_record.ts";

const CONFIG: NuclioConfig = { metadata: { name: "iris" }, spec: { runtime: "nodejs", image: "a:1" } };
const record = (deployedAt: string): ReleaseRecord => ({ revision: "aaaaaaaaaaaa", deployedAt, functions: [CONFIG] });
const kept = (text: string): NuclioFunction => ({
  ...CONFIG,
  metadata: { name: "iris", annotations: { [RECORD]: text } },
});
const packed = (value: unknown) =>
  gzipSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

Deno.test("recordOf() gives the newest of the records that functions have", () => {
  const [old, young] = [record("2026-01-01T00:00:00.000Z"), {
    ...record("2026-01-02T00:00:00.000Z"),
    previous: record("x"),
  }];
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
    packed({ ...record("x"), functions: [] }),
    packed({
      ...record("x"),
      previous: { revision: "b" },
    }),
    packed("0".repeat(50 * 1024 * 1024)),
  ];
  strictEqual(recordOf(strange.map(kept)), undefined);
});

Deno.test("writeRecord() refuses what is too large for an annotation", () => {
  const noise = Array.from(crypto.getRandomValues(new Uint8Array(60_000)), (byte) => byte.toString(16)).join("");
  const large = { ...record("x"), functions: [{ ...CONFIG, spec: { ...CONFIG.spec, description: noise + noise } }] };
  throws(
    () => writeRecord('deploy "iris"', large),
    /Cannot deploy "iris": what its functions are told has \d+ letters packed, and 100000/,
  );
});
