import { deepStrictEqual } from "node:assert/strict";
import { configChanges } from "../../../../../lib/deploy/nuclio/config_changes.ts";
import type { NuclioConfig } from "../../../../../lib/deploy/nuclio/nuclio_function.ts";

const WISHED: NuclioConfig = {
  metadata: { name: "iris", labels: { revision: "b" } },
  spec: {
    runtime: "nodejs",
    image: "a:2",
    env: [{ name: "A", value: "1" }, { name: "PASSWORD", value: "hunter22" }],
    resources: {},
    minReplicas: 1,
    triggers: { http: { kind: "http", name: "http" } },
  },
};

Deno.test("configChanges() tells what is wished otherwise, field by field, without secrets", () => {
  const is = {
    metadata: { name: "iris", labels: { revision: "a", other: "x" } },
    spec: { ...WISHED.spec, image: "a:1", env: [{ name: "A", value: "0" }, { name: "PASSWORD", value: "old" }] },
  };
  deepStrictEqual(configChanges({ is, told: is, wished: WISHED }), [
    `labels.revision: "a" → "b"`,
    `labels.other: "x" → none`,
    `spec.image: "a:1" → "a:2"`,
    "spec.env[A]: another value",
    "spec.env[PASSWORD]: another value",
  ]);
});

Deno.test("configChanges() tells fields and values that cannot move the cursor of who reads it", () => {
  const [is, wished] = ["\x1b[2J", "\u009b1A"].map((description) => ({
    ...WISHED,
    spec: { ...WISHED.spec, description },
  }));
  deepStrictEqual(configChanges({ is: is!, told: undefined, wished: wished! }), [
    String.raw`spec.description: "\u001b[2J" → "\u009b1A"`,
  ]);
});

Deno.test("configChanges() leaves out what a dashboard adds, and tells what was told before and is wished no more", () => {
  const is = {
    ...WISHED,
    spec: {
      ...WISHED.spec,
      alias: "latest",
      resources: { requests: { cpu: "25m" } },
      serviceAccount: "reader",
      triggers: { http: { class: "", kind: "http", name: "http", numWorkers: 1 } },
    },
  };
  deepStrictEqual(configChanges({ is, told: WISHED, wished: WISHED }), []);
  const told = { ...WISHED, spec: { ...WISHED.spec, serviceAccount: "reader" } };
  deepStrictEqual(configChanges({ is, told, wished: WISHED }), [`spec.serviceAccount: "reader" → none`]);
});

const withEnv = (...env: [name: string, value: string][]): NuclioConfig => ({
  ...WISHED,
  spec: { ...WISHED.spec, env: env.map(([name, value]) => ({ name, value })) },
});

Deno.test("configChanges() tells of an environment names and no value: moved, renamed, longer, shorter", () => {
  const changes = (is: NuclioConfig, wished: NuclioConfig) => configChanges({ is, told: is, wished });
  deepStrictEqual(
    changes(withEnv(["REGION", "eu"], ["DB_PASSWORD", "hunter2"]), withEnv(["DB_PASSWORD", "hunter2"], ["MODE", "a"])),
    ["spec.env[REGION]: ends", "spec.env[MODE]: new"],
  );
  deepStrictEqual(changes(withEnv(["DB_LOGIN", "hunter2"]), withEnv(["DB_USER", "hunter2"])), [
    "spec.env[DB_LOGIN]: ends",
    "spec.env[DB_USER]: new",
  ]);
  deepStrictEqual(changes(withEnv(["DB_LOGIN", "hunter2"]), withEnv(["DB_LOGIN", "hunter2"], ["A", ""])), [
    "spec.env[A]: new",
  ]);
  deepStrictEqual(changes(withEnv(["DB_LOGIN", "hunter2"]), withEnv()), ["spec.env[DB_LOGIN]: ends"]);
});

Deno.test("configChanges() takes what is empty as not said", () => {
  const is = { ...WISHED, spec: { ...WISHED.spec, minReplicas: 2, env: [] } };
  deepStrictEqual(configChanges({ is, told: undefined, wished: withEnv(["A", "1"]) }), [
    "spec.env[A]: new",
    "spec.minReplicas: 2 → 1",
  ]);
  const { env: _, ...bare } = WISHED.spec;
  const empty = { ...WISHED, spec: { ...bare, env: [] } };
  deepStrictEqual(configChanges({ is: { ...WISHED, spec: bare }, told: undefined, wished: empty }), []);
});
