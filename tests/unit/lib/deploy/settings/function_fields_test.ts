import { deepStrictEqual } from "node:assert/strict";
import { type Answers, answersTo, saidFields } from "../../../../../lib/deploy/settings/function_fields.ts";

Deno.test("saidFields() names what is said, a number of pods as from so many to so many", () => {
  const fields = saidFields({
    env: {},
    serve: { graceMs: 1 },
    resources: { cpu: 1 },
    cluster: { replicas: 2, user: "assigned" },
  });
  deepStrictEqual([...fields], [
    ["env", {}],
    ["serve.graceMs", 1],
    ["resources.cpu", 1],
    ["cluster.user", "assigned"],
    ["cluster.replicas.min", 2],
    ["cluster.replicas.max", 2],
  ]);
  deepStrictEqual([...saidFields({ cluster: { replicas: { min: 0, max: 3, lag: 9 } } }).keys()], [
    ...["cluster.replicas.min", "cluster.replicas.max", "cluster.replicas.lag"],
  ]);
});

Deno.test("answersTo() asks the target about each field that is said, and no other", () => {
  const answers = {
    env: "done",
    "serve.workers": (workers: number) => workers > 1 ? { noted: `${workers} of them` } : "done",
    "serve.tls": { refused: "no certificates" },
    "cluster.from": { noted: "not asked" },
  } as unknown as Answers;
  const tls = { cert: "a", key: "b" };
  deepStrictEqual(answersTo({ env: {}, serve: { workers: 3, tls } }, answers), {
    faults: ["no certificates"],
    notes: ["3 of them"],
  });
  deepStrictEqual(answersTo({ serve: { workers: 1 } }, answers), { faults: [], notes: [] });
  const odd = { serve: { shoes: 1 }, constructor: 1 } as object;
  deepStrictEqual(answersTo(odd, answers), { faults: [], notes: [] });
});
