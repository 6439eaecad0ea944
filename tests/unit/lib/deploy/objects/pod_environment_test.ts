import { deepStrictEqual, match } from "node:assert/strict";
import { faultsOfHeldNames, podEnvironment } from "../../../../../lib/deploy/objects/pod_environment.ts";
import { functionSpecs } from "../../../../../lib/deploy/nuclio/function_specs.ts";
import { knativeService } from "../../../../../lib/deploy/serverless/knative_service.ts";
import { redactText } from "../../../../../lib/redact_text.ts";
import { plainBundle } from "../../../../support/nuclio_contract.ts";

const OWN = [{ name: "LEVADA_LOG_FORMAT", value: "json" }];

Deno.test("podEnvironment() has each name once: what the function says wins", () => {
  deepStrictEqual(podEnvironment(OWN, { env: { A: "1", LEVADA_LOG_FORMAT: "text", DENO_V8_FLAGS: "" } }), [
    { name: "A", value: "1" },
    { name: "LEVADA_LOG_FORMAT", value: "text" },
    { name: "DENO_V8_FLAGS", value: "" },
  ]);
});

Deno.test("podEnvironment() has V8 go by the memory of a pod with one process; workers are told themselves", () => {
  const flag = (memory?: string, workers?: number) => podEnvironment([], { env: {}, memory, workers })[0]?.value;
  deepStrictEqual([flag(), flag("2Gi"), flag("512Mi"), flag("128Mi"), flag("2Gi", 4)], [
    "--no-allocation-site-pretenuring,--max-semi-space-size=64",
    "--no-allocation-site-pretenuring,--max-semi-space-size=64",
    "--no-allocation-site-pretenuring,--max-semi-space-size=32",
    "--no-allocation-site-pretenuring,--max-semi-space-size=16",
    undefined,
  ]);
});

Deno.test("Nuclio and Knative are told each variable once, and refuse what would take the tokens away", () => {
  const env = { LEVADA_LOG_FORMAT: "text", LEVADA_STATE: "/data" };
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", { env });
  const wish = { image: "a/b:1", project: "p", namespace: undefined, deadlineMs: 1_000 };
  const { functions: [config] } = functionSpecs("try", bundle, wish);
  // deno-lint-ignore no-explicit-any -- a part of an object
  const service = knativeService(bundle, { image: "a/b:1" }).object as any;
  for (const list of [config!.spec.env!, service.spec.template.spec.containers[0].env]) {
    const names = list.map(({ name }: { name: string }) => name);
    deepStrictEqual(names.length, new Set(names).size);
  }
  const [held = ""] = faultsOfHeldNames({ LEVADA_SERVE: "[]" });
  match(held, /^env: LEVADA_SERVE is how its pods are told/);
  deepStrictEqual(redactText(held), held); // the cure is no secret
  const taken = plainBundle("iris", "aaaaaaaaaaaa", { env: { LEVADA_SERVE: "[]" }, serve: { tokens: ["CALLERS"] } });
  for (const deploy of [() => functionSpecs("try", taken, wish), () => knativeService(taken, { image: "a/b:1" })]) {
    let said = "";
    try {
      deploy();
    } catch (error) {
      said = String(error);
    }
    match(said, /env: LEVADA_SERVE is how its pods are told what to serve, and with which tokens/);
  }
});
