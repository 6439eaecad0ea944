import { deepStrictEqual, match, ok } from "node:assert/strict";
import { whyRefused } from "../../../../../../lib/deploy/kubernetes/rollout/refused_pods.ts";

Deno.test("whyRefused() tells a quota in words, soon, with what can be done", () => {
  const failure = 'pods "shop-1" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1';
  const { told, standsMs } = whyRefused(failure, {})!;
  match(told, /^a quota of the namespace takes no more pods of it: few, requested: pods=1, .*rollout: "old-first"/);
  ok(standsMs <= 10_000);
  deepStrictEqual(
    whyRefused(failure, { rollout: "old-first" })!.told,
    "a quota of the namespace takes no more pods of it: few, requested: pods=1, used: pods=1, limited: pods=1. Have it raised",
  );
});

Deno.test("whyRefused() gives a webhook that does not answer the time to be asked once more", () => {
  const failure = 'Internal error occurred: failed calling webhook "a.test": context deadline exceeded';
  const { told, standsMs } = whyRefused(failure, {})!;
  deepStrictEqual(told, failure);
  ok(standsMs > 20_000);
  deepStrictEqual(whyRefused(undefined, {}), undefined);
});
