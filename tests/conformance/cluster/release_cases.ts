import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ClusterCase } from "./cluster_case.ts";
import { times, withReleaseLab } from "./release_lab.ts";

/** What becomes of functions that are deployed. */
export const RELEASE_CASES: readonly ClusterCase[] = [{
  name: "a function is deployed, ready, asked and deleted; the same again changes nothing, and nothing is left",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const told: string[] = [];
      const deployment = await lab.deploy(times(2), { onProgress: ({ state }) => told.push(state) });
      strictEqual(await deployment.invoke("/", 21), 42);
      const status = await deployment.status();
      strictEqual(status.state, "ready");
      strictEqual(status.url, `http://shop.${lab.namespace}.svc`);
      strictEqual(deployment.url, status.url);
      deepStrictEqual([told[0], told.at(-1)], ["checking", "ready"]);
      const { metadata: { generation } } = await lab.read("deployment", "shop");
      const again = await lab.deploy(times(2));
      deepStrictEqual((await again.plan()).changes, []);
      strictEqual((await lab.read("deployment", "shop")).metadata.generation, generation);
      ok((await lab.left("shop")).length > 5);
      await deployment.delete();
      deepStrictEqual(await lab.left("shop"), []);
      await rejects(deployment.status(), /there is no such deployment in namespace "release-/);
    }),
}, {
  name:
    "a revision whose image cannot be had is refused with the reason, and what ran runs on; a first one leaves nothing",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const missing = { image: "registry.test/none:1" };
      await rejects(lab.deploy(times(2), missing), {
        name: "DeployError",
        message: /function shop: its image cannot be had \(ErrImagePull\): no image "registry\.test\/none:1"/,
      });
      deepStrictEqual(await lab.left("shop"), []);
      const deployment = await lab.deploy(times(2));
      await rejects(lab.deploy(times(3), missing), /its image cannot be had/);
      strictEqual(await deployment.invoke("/", 21), 42);
      const { state, reason } = await deployment.status();
      deepStrictEqual({ state, reason }, { state: "ready", reason: undefined });
      deepStrictEqual((await (await lab.plan(times(2))).plan()).changes, []);
    }),
}, {
  name: "a revision that crashes is refused with its last lines within seconds, and what ran runs on",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const before = `if (Deno.env.has("POD_NAME")) throw new Error("the shelf is empty");`;
      await rejects(lab.deploy(times(3, { before })), {
        name: "DeployError",
        message: /function shop: it ended with 1, 3 times\n[^]*the shelf is empty/,
      });
      strictEqual(await deployment.invoke("/", 21), 42);
    }),
}, {
  name:
    "a revision that does not come to be ready, or that no node takes, is refused at its deadline with the reason, and what ran runs on",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const before =
        `if (Deno.env.has("POD_NAME")) { console.error("waiting for godot"); await new Promise((go) => setTimeout(go, 1e9)); }`;
      await rejects(lab.deploy(times(3, { before }), { deadlineMs: 25_000 }), { // with the start that is tried here
        name: "DeployError",
        message: /not ready after [\d.]+ s: function shop: [^]*Startup probe failed[^]*waiting for godot/,
      });
      const options = `{ resources: { gpu: 1 } }`;
      await rejects(lab.deploy(times(3, { options }), { deadlineMs: 15_000 }), {
        message: /function shop: no node takes it: [^]*Insufficient nvidia\.com\/gpu/,
      });
      strictEqual(await deployment.invoke("/", 21), 42);
    }),
}, {
  name: "three pods, then a new revision under load without a failed request, then the revision before again",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2), { replicas: 3 });
      const { functions: [shop] } = await deployment.status();
      deepStrictEqual([shop!.serving, shop!.replicas], [3, 3]);
      const url = await cluster.serviceUrl(lab.namespace, "shop", 80);
      const ending = new AbortController();
      const answers = new Map<string, number>();
      const load = Promise.all(Array.from({ length: 4 }, async () => {
        while (!ending.signal.aborted) {
          const answer = await fetch(url, {
            method: "POST",
            body: "21",
            headers: { "content-type": "application/json" },
          })
            .then(async (response) => `${response.status} ${await response.text()}`, String);
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
      }));
      await lab.deploy(times(3), { replicas: 3 });
      strictEqual(await deployment.invoke("/", 21), 63);
      deepStrictEqual((await (await lab.plan(times(3), { replicas: 3 })).plan()).changes, []);
      const { revision, previous } = await deployment.status();
      const back = await deployment.rollback();
      deepStrictEqual([back.revision, back.previous], [previous, revision]);
      ending.abort();
      await load;
      deepStrictEqual([...answers.keys()].sort(), ["200 42", "200 63"]);
      ok([...answers.values()].every((count) => count > 10), JSON.stringify([...answers]));
      strictEqual(await deployment.invoke("/", 21), 42);
    }),
}, {
  name: "the API server is killed while a revision comes up: the deploy waits for it, misses nothing, and ends ready",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const before = `if (Deno.env.has("POD_NAME")) await new Promise((go) => setTimeout(go, 10_000));`;
      let isDone = false;
      const slow = lab.deploy(times(3, { before })).finally(() => isDone = true);
      const isStarting = async () => {
        const { items } = await lab.read("pods", "-l", "app.kubernetes.io/part-of=shop");
        return items.some(({ status }: { status: { phase: string; containerStatuses?: { ready: boolean }[] } }) =>
          status.phase === "Running" && status.containerStatuses?.[0]?.ready === false
        );
      };
      while (!isDone && !await isStarting()) await pause(200);
      await cluster.killApiServer();
      strictEqual(isDone, false, "the deploy is over before the server is killed");
      await cluster.startApiServer();
      await slow;
      strictEqual(await deployment.invoke("/", 21), 63);
      strictEqual((await deployment.status()).reason, undefined);
    }),
}, {
  name: "the API server is away when a deploy is given up: going back waits for it, and what ran stands again",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const before = `if (Deno.env.has("POD_NAME")) await new Promise((go) => setTimeout(go, 1e9));`;
      const ending = new AbortController();
      const started = Promise.withResolvers<void>();
      const slow = lab.deploy(times(3, { before }), {
        signal: ending.signal,
        onProgress: ({ state }) => state === "starting" && started.resolve(),
      });
      const isOver = rejects(slow, { message: "given up" });
      await Promise.race([started.promise, slow]);
      await cluster.killApiServer();
      ending.abort(new Error("given up"));
      await cluster.startApiServer();
      await isOver;
      strictEqual(await deployment.invoke("/", 21), 42);
      const again = await lab.deploy(times(2)); // waits until the controllers have come back, too
      strictEqual((await again.status()).reason, undefined);
      deepStrictEqual((await again.plan()).changes, []);
    }),
}, {
  name: "levada deploy, status, list, logs, rollback and delete do the same, with plain lines and exit codes",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const place = ["--target", "kubernetes", "--namespace", lab.namespace];
      const before = `console.log("the shop opens");`;
      const module = await lab.write("shop.ts", times(2, { before }));
      const planned = await lab.levada("deploy", module, ...place, "--dry-run");
      deepStrictEqual([planned.code, planned.err], [0, ""]);
      match(planned.out, /Deployment release-\d+\/shop: new\n/);
      deepStrictEqual(await lab.left("shop"), []);
      const deployed = await lab.levada("deploy", module, ...place);
      deepStrictEqual([deployed.code, deployed.err], [0, ""]);
      match(deployed.out, /\n {2}shop: ready, http:\/\/shop\.release-\d+\.svc\nshop: ready in namespace release-/);
      match(deployed.out, /kubectl --context levada -n release-\d+ port-forward service\/shop 8080:80\n/);
      const status = await lab.levada("status", "shop", ...place, "--json");
      deepStrictEqual([status.code, JSON.parse(status.out).state], [0, "ready"]);
      match((await lab.levada("list", ...place)).out, /^shop {2}ready {4}http/);
      match((await lab.levada("logs", "shop", ...place)).out, /^the shop opens\n/);
      const refused = await lab.levada("deploy", module, ...place, "--image", "registry.test/none:1");
      strictEqual(refused.code, 1);
      match(refused.err, /^levada deploy: Cannot deploy "shop": function shop: its image cannot be had/);
      strictEqual((await lab.levada("deploy", module, ...place, "--workers", "2")).code, 2);
      strictEqual((await lab.levada("rollback", "shop", ...place)).code, 1);
      strictEqual((await lab.levada("delete", "--all", ...place)).out, "Deleted shop\n");
      strictEqual((await lab.levada("status", "shop", ...place)).code, 1);
      strictEqual((await lab.levada("list", ...place)).out, "Nothing is deployed.\n");
    }),
}, {
  name:
    "whoever removes its record ends nothing: it is told, a deploy over it that fails leaves it, and the next writes it anew",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      await cluster.kubectl(["delete", "configmap", "shop-release", "-n", lab.namespace]);
      const { state, reason, revision } = await deployment.status();
      deepStrictEqual([state, revision.length], ["ready", 12]);
      match(reason ?? "", /^nobody wrote down what is deployed, ConfigMap shop-release is gone/);
      const missing = { image: "registry.test/none:1" };
      await rejects(lab.deploy(times(3), missing), /its image cannot be had \(ErrImagePull\)(?![^]*going back failed)/);
      await rejects(
        deployment.rollback(),
        /nobody wrote down what ran before: ConfigMap release-\d+\/shop-release is gone/,
      );
      await pause(2_000); // who collects what has no owner would have come
      strictEqual(await deployment.invoke("/", 21), 42);
      const again = await lab.plan(times(2));
      deepStrictEqual((await again.plan()).changes, []);
      strictEqual((await again.apply()).reason, undefined);
      const { metadata: { generation } } = await lab.read("deployment", "shop");
      strictEqual(generation, 3, "two changes: a revision that failed, and back");
      await deployment.delete();
      deepStrictEqual(await lab.left("shop"), []);
    }),
}, {
  name:
    "where others have applied its manifests, a deploy that fails leaves all as they applied it, and what it made itself goes",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const module = await lab.write("shop.ts", times(2, { options: `{ cluster: { replicas: 2 } }` }));
      const folder = join(dirname(module), "manifests");
      strictEqual((await lab.levada("manifests", module, "-o", folder, "--namespace", lab.namespace)).code, 0);
      await cluster.kubectl(["apply", "--server-side", "--field-manager", "levada", "-f", folder]);
      await cluster.kubectl([
        "wait",
        "-n",
        lab.namespace,
        "--for=condition=Available",
        "deployment/shop",
        "--timeout=60s",
      ]);
      const said = async () => {
        const { spec, metadata: { labels } } = await lab.read("deployment", "shop");
        const names = (await lab.left("shop")).filter((name) => !/^(Pod |ReplicaSet|EndpointSlice)/.test(name));
        return { spec, labels, names };
      };
      const before = await said();
      const options = `{ cluster: { ingress: { host: "shop.test" } } }`;
      await rejects(lab.deploy(times(3, { options }), { image: "registry.test/none:1" }), /its image cannot be had/);
      deepStrictEqual(await said(), before);
      const deployment = await lab.deploy(times(3, { options }));
      strictEqual(deployment.url, "http://shop.test/");
      strictEqual(await (await lab.plan(times(3))).invoke("/", 21), 63);
    }),
}, {
  name: "three times in CI the same deploy of a function that is not ready ends with 1, though nothing changes",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const mood = async (mood: string) =>
        await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "mood" },
          data: { MOOD: mood },
        });
      await mood("good");
      const before = `if (Deno.env.get("MOOD") === "bad") throw new Error("not in the mood");`;
      const code = times(2, { before, options: `{ cluster: { envFrom: [{ configMapName: "mood" }] } }` });
      const module = await lab.write("shop.ts", code);
      const words = [module, "--target", "kubernetes", "--namespace", lab.namespace, "--deadline", "60"];
      strictEqual((await lab.levada("deploy", ...words)).code, 0);
      await mood("bad");
      await cluster.kubectl(["delete", "pod", "-n", lab.namespace, "-l", "app.kubernetes.io/part-of=shop"]);
      const { metadata: { generation } } = await lab.read("deployment", "shop");
      for (const _ of [1, 2, 3]) {
        const { code, out, err } = await lab.levada("deploy", ...words);
        strictEqual(code, 1, out + err);
        match(out, /: nothing to change\n/);
        match(err, /function shop: [^]*not in the mood/);
      }
      strictEqual((await lab.read("deployment", "shop")).metadata.generation, generation);
      await mood("good");
      await cluster.kubectl(["delete", "pod", "-n", lab.namespace, "-l", "app.kubernetes.io/part-of=shop"]);
      strictEqual((await lab.levada("deploy", ...words)).code, 0);
    }),
}];
