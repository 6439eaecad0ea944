import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import type { DeployProgress } from "../../../../../lib/deploy/deploy_progress.ts";
import { NuclioDeployment } from "../../../../../lib/deploy/nuclio/nuclio_deployment.ts";
import type { NuclioOptions } from "../../../../../lib/deploy/nuclio/nuclio_options.ts";
import { FakeNuclioDashboard } from "../../../../support/fake_nuclio_dashboard.ts";
import { childBundle, plainBundle } from "../../../../support/nuclio_contract.ts";

function opened(server: { readonly url: string }, revision: string, options: NuclioOptions) {
  return new NuclioDeployment("iris", {
    dashboard: server.url,
    ...options,
    bundle: plainBundle("iris", revision),
  });
}

Deno.test("NuclioDeployment.apply() of two at once: one wins, the other is told by whom it was changed", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, "aaaaaaaaaaaa", { image: "levada/good:1" }).apply();
  const both = Promise.withResolvers<void>();
  let lists = 0;
  fake.hinder = async ({ method, path }) => {
    if (method === "GET" && path === "/api/functions" && ++lists <= 2) { // both have planned before one begins
      if (lists === 2) both.resolve();
      await both.promise;
    }
    return undefined;
  };
  const results = await Promise.allSettled([
    opened(server, "bbbbbbbbbbbb", { image: "levada/good:2" }).apply(),
    opened(server, "cccccccccccc", { image: "levada/good:1", replicas: 2 }).apply(),
  ]);
  const [lost, ...more] = results.filter((one) => one.status === "rejected");
  strictEqual(more.length, 0);
  match(
    lost!.reason.message,
    /\S+@\S+ \(revision (bbbbbbbbbbbb|cccccccccccc), 20\S+Z\) has changed function "iris" meanwhile: .*Deploy again/,
  );
  const [won] = results.filter((one) => one.status === "fulfilled");
  const { revision } = await opened(server, "aaaaaaaaaaaa", {}).status();
  strictEqual(revision, won!.value.revision, "what won stays");
});

Deno.test("NuclioDeployment.apply() that fails does not put back over what somebody else has deployed since", async () => {
  for (const before of [true, false]) {
    const fake = new FakeNuclioDashboard();
    await using server = fake.serve();
    if (before) await opened(server, "aaaaaaaaaaaa", { image: "levada/good:1" }).apply();
    const onProgress = ({ state }: { state: string }) => {
      if (state === "returning") {
        fake.edit("iris", (fn) => {
          fn.spec.image = "levada/newer:1";
          fn.metadata.annotations = {};
        });
      }
    };
    await rejects(
      opened(server, "bbbbbbbbbbbb", { image: "levada/crash:1", onProgress }).apply(),
      /function "iris" could not be put back: somebody else has changed it since, and it stays so/,
    );
    strictEqual(fake.functions.get("iris").spec.image, "levada/newer:1");
  }
});

Deno.test("NuclioDeployment.apply() puts back what its controller has written into meanwhile", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, "aaaaaaaaaaaa", { image: "levada/good:1" }).apply();
  let puts = 0;
  fake.hinder = ({ method }) => {
    if (method === "PUT" && ++puts === 2) fake.edit("iris", (fn) => fn.status.logs = []);
    return undefined;
  };
  await rejects(opened(server, "bbbbbbbbbbbb", { image: "levada/crash:1" }).apply(), /is unhealthy/);
  deepStrictEqual([puts, fake.functions.get("iris").spec.image], [3, "levada/good:1"]);
});

Deno.test("NuclioDeployment.apply() leaves a child that is to go and that somebody else has changed", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  const place = { dashboard: server.url, image: "levada/good:1" };
  await new NuclioDeployment("iris", { ...place, bundle: childBundle("iris", "aaaaaaaaaaaa") }).apply();
  const onProgress = ({ state }: { state: string }) => {
    if (state === "ready") fake.edit("iris-enrich", (fn) => fn.spec.minReplicas = 5);
  };
  await rejects(
    opened(server, "bbbbbbbbbbbb", { image: "levada/good:1", onProgress }).apply(),
    /somebody else has changed function "iris-enrich" meanwhile: it stays/,
  );
  strictEqual(fake.functions.get("iris-enrich").spec.minReplicas, 5);
});

Deno.test("NuclioDeployment.apply() with another deadline alone changes nothing", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, "aaaaaaaaaaaa", { image: "levada/good:1" }).apply();
  const again = opened(server, "aaaaaaaaaaaa", { image: "levada/good:1", deadlineMs: 7_000 });
  deepStrictEqual((await again.plan()).changes, []);
  const before = fake.functions.get("iris");
  await again.apply();
  strictEqual(fake.functions.get("iris"), before, "no new pods");
});

Deno.test("NuclioDeployment.status() tells why pods are not ready, where somebody can look", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, "aaaaaaaaaaaa", { image: "levada/good:1" }).apply();
  fake.edit("iris", (fn) => fn.status = { state: "unhealthy", message: "context deadline exceeded" });
  const lookUp = () => Promise.resolve({ reason: "it ended with 3, 4 times", isFinal: true });
  const { state, reason } = await opened(server, "aaaaaaaaaaaa", { lookUp }).status();
  deepStrictEqual([state, reason], ["failing", "it ended with 3, 4 times"]);
});

Deno.test("NuclioDeployment.status() of what is made ready does not say that pods of before are none", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, "aaaaaaaaaaaa", { image: "levada/good:1" }).apply();
  fake.edit("iris", (fn) => fn.status = { state: "waitingForResourceConfiguration" });
  const { state, reason, functions: [one] } = await opened(server, "aaaaaaaaaaaa", {}).status();
  deepStrictEqual([state, one!.serving, reason], [
    "unknown",
    1,
    "Nuclio makes it ready (waitingForResourceConfiguration), and does not tell how many of its pods serve: 1 there",
  ]);
  const lookUp = () => Promise.resolve({ reason: "no node takes it", isFinal: false, ready: 1 });
  const seen = (await opened(server, "aaaaaaaaaaaa", { lookUp }).status()).functions[0]!;
  deepStrictEqual([seen.state, seen.serving, seen.reason], ["failing", 1, "no node takes it"]);
});

Deno.test("NuclioDeployment.apply() tells that it puts back what ran, and where it does otherwise than the plan said", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  const told: string[] = [];
  const onProgress = (progress: DeployProgress) => told.push(`${progress.state} ${progress.note ?? ""}`);
  await opened(server, "aaaaaaaaaaaa", { image: "levada/good:1" }).apply();
  const again = opened(server, "aaaaaaaaaaaa", { image: "levada/good:1", onProgress });
  deepStrictEqual((await again.plan()).changes, []);
  await opened(server, "bbbbbbbbbbbb", { image: "levada/good:2" }).apply();
  await again.apply();
  match(
    told[0]!,
    /^replanned It is otherwise since the plan: .*function iris: spec\.image: "levada\/good:2" → "levada\/good:1"/,
  );
  told.length = 0;
  await again.apply();
  deepStrictEqual(told, [], "a plan is told once");
  await rejects(opened(server, "cccccccccccc", { image: "levada/crash:1", onProgress }).apply(), /is unhealthy/);
  strictEqual(told.at(-1), "returning It does not become ready: what ran before is put back …");
});

Deno.test("NuclioDeployment.apply() of the same again, while Nuclio makes it ready, waits to the end, and changes nothing", async () => {
  for (
    const [image, told] of [["levada/good:1", undefined], [
      "levada/crash:1",
      /is unhealthy: .*crash loop|Back-off|is gone/,
    ]] as const
  ) {
    const fake = new FakeNuclioDashboard();
    fake.readyMs = 100;
    await using server = fake.serve();
    const begun = Promise.withResolvers<void>();
    const onProgress = ({ state }: { state: string }) => state === "starting" && begun.resolve();
    const first = opened(server, "aaaaaaaaaaaa", { image, onProgress }).apply().then(() => undefined, (error) => error);
    await begun.promise;
    while (!fake.functions.has("iris")) await new Promise((go) => setTimeout(go, 1));
    const wrote = () => server.got.filter(({ method }) => method !== "GET").length;
    const again = opened(server, "aaaaaaaaaaaa", { image });
    deepStrictEqual((await again.plan()).changes, []);
    if (told === undefined) strictEqual((await again.apply()).state, "ready");
    else await rejects(again.apply(), told);
    await first;
    strictEqual(wrote(), told === undefined ? 1 : 2, "who was first makes it, and takes it away");
  }
});
