import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import type { DeployError } from "../../../../../lib/deploy/deploy_error.ts";
import { DashboardClient } from "../../../../../lib/deploy/nuclio/dashboard_client.ts";
import { followUntilReady, type FollowWish } from "../../../../../lib/deploy/nuclio/follow_state.ts";
import type { NuclioOptions } from "../../../../../lib/deploy/nuclio/nuclio_options.ts";
import { NuclioDeployment } from "../../../../../lib/deploy/nuclio/nuclio_deployment.ts";
import { FakeNuclioDashboard } from "../../../../support/fake_nuclio_dashboard.ts";
import { plainBundle } from "../../../../support/nuclio_contract.ts";

async function followed(fake: FakeNuclioDashboard, image: string, wish: Partial<FollowWish> = {}) {
  await using server = fake.serve();
  const client = new DashboardClient({ url: server.url });
  await client.create({ metadata: { name: "iris" }, spec: { runtime: "nodejs", image } });
  const act = 'deploy "iris"';
  return await followUntilReady(client, "iris", { act, untilMs: performance.now() + 10_000, ...wish }).then(
    ({ status }) => status!.state!,
    (error: DeployError) => error,
  );
}

Deno.test("followUntilReady() tells each state once, to the end", async () => {
  const states: string[] = [];
  strictEqual(
    await followed(new FakeNuclioDashboard(), "levada/good:1", { onState: (state) => states.push(state) }),
    "ready",
  );
  deepStrictEqual(states, ["waitingForResourceConfiguration", "ready"]);
});

Deno.test("followUntilReady() believes who looks in the cluster, long before Nuclio gives up", async () => {
  const fake = new FakeNuclioDashboard();
  fake.patienceMs = 60_000;
  const asked: unknown[] = [];
  const error = await followed(fake, "levada/none:1", {
    namespace: "shop",
    lookUp: ({ namespace, labels }) => {
      asked.push([namespace, labels]);
      return Promise.resolve({
        reason: "pod nuclio-iris-1: ErrImagePull, no such image",
        isFinal: true,
        lines: ["last words"],
      });
    },
  });
  match(
    String(error),
    /Cannot deploy "iris": function "iris" is not ready: pod nuclio-iris-1: ErrImagePull, no such image\n {2}last words$/,
  );
  deepStrictEqual(asked, [["shop", { "nuclio.io/function-name": "iris" }]]);
});

Deno.test("followUntilReady() goes by Nuclio's words where who looks in the cluster fails, and brings the last lines", async () => {
  const error = await followed(new FakeNuclioDashboard(), "levada/crash:1", {
    lookUp: () => Promise.reject(new Error("no rights")),
  });
  match(String(error), /function "iris" is unhealthy: (Back-off restarting|.* is in a crash loop)/);
  deepStrictEqual((error as DeployError).lines, [`{"message":"serving iris"}`, `{"message":"listening"}`]);
});

Deno.test("followUntilReady() says what may be missing when nothing has happened in time", async () => {
  const fake = new FakeNuclioDashboard();
  fake.images["levada/hangs:1"] = "hangs";
  const error = await followed(fake, "levada/hangs:1", { untilMs: performance.now() + 60 });
  match(
    String(error),
    /not ready in time: it is still waitingForResourceConfiguration\. Is there its image, .*Does Nuclio's controller run/,
  );
});

Deno.test("followUntilReady() outlasts a dashboard that is overburdened or starts anew", async () => {
  const fake = new FakeNuclioDashboard();
  let answers = 0;
  fake.hinder = ({ method }) => method === "GET" && ++answers < 4 ? new Response("busy", { status: 503 }) : undefined;
  strictEqual(await followed(fake, "levada/good:1"), "ready");
});

Deno.test("followUntilReady() tells of a function that somebody deletes meanwhile", async () => {
  const fake = new FakeNuclioDashboard();
  fake.readyMs = 60_000;
  const states = { onState: () => void fake.functions.clear() };
  match(String(await followed(fake, "levada/good:1", states)), /function "iris" is gone: somebody has deleted it/);
});

function opened(server: { readonly url: string }, options: NuclioOptions) {
  return new NuclioDeployment("iris", {
    dashboard: server.url,
    ...options,
    bundle: plainBundle("iris", "aaaaaaaaaaaa"),
  });
}

Deno.test("NuclioDeployment.apply() that is given up leaves nothing of what was not there before", async () => {
  const fake = new FakeNuclioDashboard();
  fake.readyMs = 60_000;
  await using server = fake.serve();
  const stop = new AbortController();
  const told: string[] = [];
  const deployment = opened(server, {
    image: "levada/good:1",
    signal: stop.signal,
    onProgress: ({ state }) => {
      told.push(state);
      if (state === "starting") setTimeout(() => stop.abort(new Error("enough")), 30);
    },
  });
  await rejects(deployment.apply(), /^Error: enough$/);
  deepStrictEqual([fake.functions.size, told], [0, ["starting", "returning"]]);
});

Deno.test("NuclioDeployment.apply() says so where it cannot put back what ran before", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, { image: "levada/good:1" }).apply();
  let changes = 0;
  fake.hinder = ({ method }) =>
    method === "PUT" && ++changes > 1 ? Response.json({ error: "etcd is full" }, { status: 500 }) : undefined;
  await rejects(
    opened(server, { image: "levada/crash:1" }).apply(),
    /Cannot deploy "iris": function "iris" is unhealthy: .*; function "iris" could not be put back: .*etcd is full/,
  );
});

Deno.test("NuclioDeployment.apply() takes the controller's writing for no conflict, and tells a person's by field", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, { image: "levada/good:1" }).apply();
  let isEdited = false;
  fake.hinder = ({ method }) => {
    if (method === "PUT" && !isEdited) {
      isEdited = true;
      fake.edit("iris", (fn) => fn.status.scaleToZero = { lastScaleEvent: "resourceUpdated" });
    }
    return undefined;
  };
  strictEqual((await opened(server, { image: "levada/good:2" }).apply()).state, "ready");
  isEdited = false;
  fake.hinder = ({ method }) => {
    if (method === "PUT" && !isEdited) {
      isEdited = true;
      fake.edit("iris", (fn) => fn.spec.minReplicas = 7);
    }
    return undefined;
  };
  await rejects(
    opened(server, { image: "levada/good:1" }).apply(),
    /somebody else has changed function "iris" meanwhile: spec\.minReplicas: 1 → 7\. Deploy again/,
  );
  strictEqual(fake.functions.get("iris").spec.minReplicas, 7, "what the person has written stays");
});

Deno.test("NuclioDeployment.rollback() puts back how the same revision ran before, and applying the same again forgets nothing", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await opened(server, { image: "levada/good:1" }).apply();
  await opened(server, { image: "levada/good:1", replicas: 3 }).apply();
  await opened(server, { image: "levada/good:1", replicas: 3 }).apply();
  strictEqual(fake.functions.get("iris").spec.maxReplicas, 3);
  await opened(server, {}).rollback();
  strictEqual(fake.functions.get("iris").spec.maxReplicas, 1);
});
