import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { faultsOfImage } from "../../../../../lib/deploy/objects/image_faults.ts";
import { faultsOfReturn, parseRecord } from "../../../../../lib/deploy/kubernetes/record_schema.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const PLACE = { name: "shop", namespace: "market" };

function read(record: unknown) {
  return parseRecord(typeof record === "string" ? record : JSON.stringify(record), PLACE);
}

/** What of it cannot be read. */
function told(record: unknown): string {
  const { current, unread = "" } = read(record);
  deepStrictEqual(current, undefined);
  return unread;
}

const of = (parts: object) => ({ levada: "release/1", current: releaseOfShop(parts) });
const ofFunction = (parts: object) => of({ functions: [functionOf("shop", parts)] });

Deno.test("parseRecord() reads what a deploy has written, of earlier Levadas too", () => {
  const current = releaseOfShop({
    startSeconds: 1_800,
    functions: [
      functionOf("shop", {
        settings: { tokens: ["TOKEN"], graceMs: 1_000 },
        resources: { cpu: "500m", memory: "1Gi", gpu: 1 },
        cluster: { replicas: { min: 1, max: 3, cpu: 60 }, ingress: { host: "shop.test" }, secretNames: ["keys"] },
      }),
    ],
  });
  const { publishes: _, ...fn } = functionOf("shop");
  const previous = releaseOfShop({ revision: "ba9876543210", functions: [fn] });
  const deployedAt = "2026-11-26T12:00:00.000Z";
  const doing = { what: "deploy", to: "aaaaaaaaaaaa", backTo: "current" };
  const record = { levada: "release/1", current, previous, deployedAt };
  deepStrictEqual(read({ ...record, doing }), { current, previous, deployedAt, doing });
  deepStrictEqual(
    read({ ...record, next: "aaaaaaaaaaaa" }),
    { current, previous, deployedAt, doing },
    "as it was once",
  );
});

Deno.test("parseRecord() leaves out what no deploy has written, and says why", () => {
  deepStrictEqual(parseRecord(undefined, PLACE).unread, "it has no release.json");
  strictEqual(told("{"), "its release.json is no JSON");
  match(told("null"), /^it: /);
  match(told({ levada: "release/2" }), /^levada: /);
  match(told({ levada: "release/1", current: {} }), /^current: name: /);
  match(told(of({ functions: [] })), /^current: functions: /);
  match(told(of({ functions: undefined })), /^current: functions: /);
  strictEqual(told(of({ name: "other" })), 'current: it is of "other"');
  strictEqual(told(of({ namespace: "kube-system" })), 'current: it is of namespace "kube-system"');
  match(told(ofFunction({ objectName: "kubernetes" })), /its objects are "kubernetes"/);
  match(told(ofFunction({ cluster: { ingress: { host: { toString: "x" } } } })), /^current: functions\.0\.cluster/);
  match(told(ofFunction({ settings: { tokens: 5 } })), /^current: /);
  match(told(ofFunction({ env: { A: 1 } })), /^current: functions\.0\.env\.A/);
  match(told(ofFunction({ streams: [{ path: 1 }] })), /^current: functions\.0\.streams/);
  const previous = releaseOfShop({ revision: "ba9876543210" });
  const half = read({ ...of({ functions: [] }), previous, next: "aaaaaaaaaaaa" });
  deepStrictEqual([half.previous, half.doing?.to], [previous, "aaaaaaaaaaaa"], "what can be read of it is");
  const { current, doing, unread } = read({ ...of({}), doing: { what: "dance", backTo: "current" } });
  deepStrictEqual([current, doing, unread?.startsWith("doing: what: ")], [releaseOfShop(), undefined, true]);
});

Deno.test("faultsOfReturn() finds no fault in any image that can be deployed", () => {
  const digests = [`sha256:${"0".repeat(64)}`, `sha512:${"0".repeat(128)}`];
  for (
    const image of [
      "x",
      "a.io:5000/b/c:1",
      "[2001:db8::1]:5000/x:1",
      "[::1]/x",
      ...digests.map((one) => `x@${one}`),
    ]
  ) {
    deepStrictEqual([faultsOfImage(image), faultsOfReturn(releaseOfShop({ image }))], [[], []], image);
  }
});

Deno.test("parseRecord() reads what a check of today refuses, and of that alone no return is made", () => {
  const refusals = [
    [of({ image: "x\n- evil" }), /^its image is /],
    [of({ revision: "../../x" }), /^its revision is /],
    [of({ startSeconds: -1 }), /^its pods may take -1 s/],
    [ofFunction({ settings: { hostNetwork: true } }), /there is no serve\.hostNetwork/],
    [ofFunction({ settings: { workers: 9_999 } }), /serve\.workers is 9999/],
    [ofFunction({ cluster: { privileged: true } }), /there is no cluster\.privileged/],
    [ofFunction({ cluster: { replicas: { min: 0, max: 2 } } }), /cluster\.replicas\.min is 0/],
  ] as const;
  for (const [record, fault] of refusals) {
    const { current, unread } = read(record);
    deepStrictEqual([current, unread], [record.current, undefined]);
    match(faultsOfReturn(current!).join(), fault);
  }
  deepStrictEqual(faultsOfReturn(releaseOfShop()), []);
  for (const memory of ["1e9", "129e6", "+1", "1Gi", "0.5"]) {
    const record = ofFunction({ resources: { memory, cpu: "1e-1" } });
    deepStrictEqual(read(record).current, record.current, "any quantity that Kubernetes takes");
  }
});

Deno.test("parseRecord() never throws, whatever stands in a record", () => {
  const record = {
    levada: "release/1",
    current: releaseOfShop(),
    previous: releaseOfShop(),
    deployedAt: "x",
    next: "y",
    doing: { what: "rollback", to: "y", backTo: "previous" },
  };
  const values: unknown[] = [undefined, null, 0, "", [], {}, [null], { toString: null }, true, "__proto__"];
  const places = (value: unknown, path: string[] = []): string[][] =>
    typeof value !== "object" || value === null
      ? [path]
      : [path, ...Object.entries(value).flatMap(([name, below]) => places(below, [...path, name]))];
  let count = 0;
  for (const [last, ...path] of places(record).filter(({ length }) => length > 0).map((path) => path.toReversed())) {
    for (const value of values) {
      const copy = structuredClone(record);
      // deno-lint-ignore no-explicit-any -- any place of it
      const parent = path.toReversed().reduce((object: any, name) => object[name], copy);
      parent[last!] = value;
      parseRecord(JSON.stringify(copy), PLACE);
      count += 1;
    }
  }
  ok(count > 200);
});
