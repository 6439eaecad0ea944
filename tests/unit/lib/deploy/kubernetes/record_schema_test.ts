import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { parseRecord } from "../../../../../lib/deploy/kubernetes/record_schema.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const PLACE = { name: "shop", namespace: "market" };

function told(record: unknown): string {
  const read = parseRecord(typeof record === "string" ? record : JSON.stringify(record), PLACE);
  strictEqual(typeof read, "string", Deno.inspect(read));
  return read as string;
}

Deno.test("parseRecord() reads what a deploy has written, of earlier Levadas too", () => {
  const current = releaseOfShop({
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
  const record = { levada: "release/1", current, previous, deployedAt, next: "aaaaaaaaaaaa" };
  const read = parseRecord(JSON.stringify(record), PLACE);
  deepStrictEqual(read, { current, previous, deployedAt, next: "aaaaaaaaaaaa" });
});

Deno.test("parseRecord() says what no deploy would have written", () => {
  const of = (parts: object) => ({ levada: "release/1", current: releaseOfShop(parts) });
  const ofFunction = (parts: object) => of({ functions: [functionOf("shop", parts)] });
  strictEqual(parseRecord(undefined, PLACE), "it has no release.json");
  strictEqual(told("{"), "its release.json is no JSON");
  match(told("null"), /^it: /);
  match(told({ levada: "release/2" }), /^levada: /);
  match(told({ levada: "release/1", current: {} }), /^current\.name: /);
  match(told(of({ functions: [] })), /^current\.functions: /);
  match(told(of({ functions: undefined })), /^current\.functions: /);
  match(told(of({ image: "x\n- evil" })), /^current\.image: /);
  match(told(of({ revision: "../../x" })), /^current\.revision: /);
  strictEqual(told(of({ name: "other" })), 'current: it is of "other"');
  strictEqual(told(of({ namespace: "kube-system" })), 'current: it is of namespace "kube-system"');
  match(told(ofFunction({ objectName: "kubernetes" })), /its objects are "kubernetes"/);
  match(told(ofFunction({ settings: { hostNetwork: true } })), /there is no serve\.hostNetwork/);
  match(told(ofFunction({ cluster: { privileged: true } })), /there is no cluster\.privileged/);
  match(
    told(ofFunction({ cluster: { ingress: { host: { toString: "x" } } } })),
    /^current\.functions\.0\.cluster\.ingress/,
  );
  match(told(ofFunction({ env: { A: 1 } })), /^current\.functions\.0\.env\.A/);
  match(told(ofFunction({ streams: [{ path: 1 }] })), /^current\.functions\.0\.streams/);
  const lag = { replicas: { min: 1, max: 2, lag: 3 } };
  match(told(ofFunction({ streams: [{ path: "kafka://", group: "g" }], cluster: lag })), /^current: /);
});

Deno.test("parseRecord() never throws, whatever stands in a record", () => {
  const record = {
    levada: "release/1",
    current: releaseOfShop(),
    previous: releaseOfShop(),
    deployedAt: "x",
    next: "y",
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
