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

const variable = ([name, value]: [string, string]) => ({ name, value });
const withEnv = (...env: [string, string][]) => object({ containers: [{ name: "function", env: env.map(variable) }] });

Deno.test("differences() tells of an environment names and no value: renamed, moved, longer, and of a container that is new", () => {
  const path = "spec.containers[function].env";
  const before = withEnv(["REGION", "eu"], ["DB_PASSWORD", "hunter2"], ["DB_LOGIN", "hunter3"]);
  deepStrictEqual(differences(before, withEnv(["DB_PASSWORD", "hunter2"], ["MODE", "a"], ["DB_USER", "hunter3"])), [
    `${path}[REGION]: ends`,
    `${path}[DB_LOGIN]: ends`,
    `${path}[MODE]: new`,
    `${path}[DB_USER]: new`,
  ]);
  deepStrictEqual(differences(withEnv(["DB_PASSWORD", "hunter2"]), before), [
    `${path}[REGION]: new`,
    `${path}[DB_LOGIN]: new`,
  ]);
  deepStrictEqual(differences(withEnv(["A", "1"], ["B", "2"]), withEnv(["B", "2"], ["A", "3"])), [
    `${path}[A]: another value`,
  ]);
  deepStrictEqual(differences(withEnv(["A", "1"], ["B", "2"]), withEnv(["B", "2"], ["A", "1"])), [
    `${path}: in another order`,
  ]);
  deepStrictEqual(differences(object({ containers: [] }), withEnv(["DB_LOGIN", "hunter3"])), [
    `spec.containers: [] → [{"name":"function","env":["DB_LOGIN"]}]`,
  ]);
});

Deno.test("differences() shows nothing that is called a secret, nor what looks like one", () => {
  deepStrictEqual(
    differences(
      object({ auth: { saslPassword: "hunter1" }, url: "redis://ann:hunter3@a" }),
      object({ auth: { saslPassword: "hunter2" }, url: "redis://ann:hunter3@b" }),
    ),
    ["spec.auth.saslPassword: another", `spec.url: "redis://***@a" → "redis://***@b"`],
  );
});
