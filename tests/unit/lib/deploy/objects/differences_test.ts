import { deepStrictEqual } from "node:assert/strict";
import { differences } from "../../../../../lib/deploy/objects/differences.ts";

const object = (spec: object, metadata: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "shop", ...metadata },
  spec,
});

Deno.test("differences() tells each field that differs by its path, named items by their names, and nothing of what the server keeps", () => {
  const before = object(
    { replicas: 1, containers: [{ name: "function", image: "a" }], args: ["x"] },
    { uid: "1", resourceVersion: "1", generation: 1, managedFields: [], labels: { one: "1" } },
  );
  const after = {
    ...object(
      { replicas: 3, containers: [{ name: "function", image: "b" }], args: ["x", "y"] },
      { uid: "1", resourceVersion: "2", generation: 2, labels: { one: "1", two: "2" } },
    ),
    status: { replicas: 3 },
  };
  deepStrictEqual(differences(before, after), [
    "spec.replicas: 1 → 3",
    `spec.containers[function].image: "a" → "b"`,
    `spec.args: ["x"] → ["x","y"]`,
    `metadata.labels.two: none → "2"`,
  ]);
  deepStrictEqual(differences(before, before), []);
});

Deno.test("differences() shows no value of a variable that is one to hide, nor what looks like one", () => {
  const withEnv = (password: string, url: string) =>
    object({ env: [{ name: "DB_PASSWORD", value: password }, { name: "BROKER", value: url }] });
  const told = differences(
    withEnv("hunter2-old", "redis://ann:hunter3@a"),
    withEnv("hunter2-new", "redis://ann:hunter3@b"),
  );
  deepStrictEqual(told[0], "spec.env[DB_PASSWORD].value: another");
  deepStrictEqual([told.length, told.join().includes("hunter")], [2, false]);
});
