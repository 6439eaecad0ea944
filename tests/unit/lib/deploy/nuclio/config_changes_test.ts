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
    `spec.env[A].value: "0" → "1"`,
    "spec.env[PASSWORD].value: another",
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

Deno.test("configChanges() takes lists of another length whole, and what is empty as not said", () => {
  const is = { ...WISHED, spec: { ...WISHED.spec, env: [], minReplicas: 2 } };
  deepStrictEqual(
    configChanges({
      is,
      told: undefined,
      wished: { ...WISHED, spec: { ...WISHED.spec, env: [{ name: "A", value: "1" }] } },
    }),
    [
      `spec.env: [] → [{"name":"A","value":"1"}]`,
      "spec.minReplicas: 2 → 1",
    ],
  );
  const { env: _, ...bare } = WISHED.spec;
  deepStrictEqual(
    configChanges({
      is: { ...WISHED, spec: bare },
      told: undefined,
      wished: { ...WISHED, spec: { ...bare, env: [] } },
    }),
    [],
  );
});
