import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { queue, serving, type ServingFunction } from "levada";
import { digestOf } from "../../../../../lib/bundle/bundle.ts";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { releaseOf, type ReleaseWish } from "../../../../../lib/deploy/kubernetes/release_of.ts";
import { bundleOf } from "../../../../support/bundle_of.ts";

const IMAGE = "registry.test/levada:0.1.0";
const ACT = 'deploy "shop"';

function shop(options: Parameters<typeof serving>[1] = {}): ServingFunction {
  const fn = serving("shop", options).addChildFunction("bill");
  fn.setTopology("flow").to("times", (n: number) => 2 * n).respond()
    .to("q", queue({ path: "kafka://b/totals" }))
    .to("bill", (n: number) => n, { function: "bill" });
  return fn;
}

async function released(fn: ServingFunction, wish: Partial<ReleaseWish> = {}, files = {}) {
  return await releaseOf(ACT, bundleOf(fn, files), { namespace: "market", image: IMAGE, ...wish });
}

Deno.test("releaseOf() names the functions, their objects, and the streams that join them", async () => {
  const release = await released(shop({ env: { SHELF: "top" } }), { replicas: 2 });
  strictEqual(release.image, IMAGE);
  strictEqual(release.code.kind, "config");
  const [stream] = ["kafka://b/totals"];
  deepStrictEqual(
    release.functions.map((
      { name, objectName, streams, publishes, cluster, env },
    ) => [name, objectName, streams, publishes, cluster.replicas, env]),
    [
      ["shop", "shop", [], [stream], 2, { SHELF: "top" }],
      ["bill", "shop-bill", [{ path: stream, group: "shop-bill" }], [], 2, {}],
    ],
  );
});

Deno.test("releaseOf() has pods take as long as all of a deploy may, where that is longer than they may else", async () => {
  const times = async (deadlineMs?: number) => {
    const [{ spec }] = objectsOf(await released(shop(), { deadlineMs })).filter(({ kind }) =>
      kind === "Deployment"
    ) as [
      ClusterObject,
    ];
    return [spec.progressDeadlineSeconds, spec.template.spec.containers[0].startupProbe.failureThreshold];
  };
  deepStrictEqual(await times(), [600, 600]);
  deepStrictEqual(await times(300_000), [600, 600]);
  deepStrictEqual(await times(1_800_000), [1_800, 1_800]);
});

Deno.test("releaseOf() tells every fault at once", async () => {
  const options = { cluster: { replicas: { min: 1, max: 2 } }, serve: { tls: { cert: "cert.pem", key: "/key.pem" } } };
  const fn = shop(options);
  fn.addTrigger("tick", { schedule: { everyMs: 60_000 } });
  await rejects(released(fn), (error: Error) => {
    match(error.message, /function "shop": cluster\.replicas: an autoscaler goes by/);
    match(error.message, /serve\.tls\.cert: cert\.pem is relative/);
    match(error.message, /trigger "tick" is a schedule, and each of up to 2 pods/);
    return true;
  });
});

Deno.test("releaseOf() takes code from the image where that is said, and says so where it is too large for a ConfigMap", async () => {
  const sha256 = digestOf(bundleOf(shop()).files);
  deepStrictEqual((await released(shop(), { bundleFolder: "/bundle" })).code, {
    kind: "image",
    folder: "/bundle",
    sha256,
  });
  await rejects(released(shop(), { image: undefined, bundleFolder: "/bundle" }), /nobody says in which image/);
  await rejects(released(shop(), { bundleFolder: "bundle" }), /must begin with \//);
  const large = crypto.getRandomValues(new Uint8Array(65_536));
  const files = Object.fromEntries(
    Array.from({ length: 16 }, (_, n) => [`f${n}`, crypto.getRandomValues(large.slice())]),
  );
  await rejects(released(shop(), {}, files), /bytes packed, and a ConfigMap takes 900000\. Put it into an image/);
});

Deno.test("releaseOf() refuses resources and images that no cluster takes", async () => {
  const fn = shop({ resources: { cpu: "half", memory: "512MB", gpu: 0.5 } });
  await rejects(released(fn, { image: "not an image" }), (error: Error) => {
    match(
      error.message,
      /function "shop": resources\.cpu is "half", and must be cores above 0, such as 0\.5 or "500m"/,
    );
    match(error.message, /resources\.memory is "512MB", and must be a text such as "512Mi" or "2Gi", 1Mi at least/);
    match(error.message, /resources\.gpu is 0\.5, and must be a whole number from 0/);
    match(error.message, /"not an image" is no image; it is one as in registry\/name:tag/);
    return true;
  });
});

Deno.test("releaseOf() refuses names that nothing can have: of a namespace, an image, a Secret; and a second port where the first is", async () => {
  const wish = { namespace: "Shop Ns", image: "a b\nc", imagePullSecrets: ["A/B c"] };
  await rejects(released(shop({ serve: { grpcPort: 8080 } }), wish), (error: Error) => {
    match(error.message, /function "shop": serve\.grpcPort is 8080, where its pods answer HTTP\. Choose another/);
    match(error.message, /namespace is "Shop Ns", and must be small letters, digits and "-"/);
    match(error.message, /"a b\nc" is no image; it is one as in registry/);
    match(error.message, /imagePullSecrets: "A\/B c" is no name of a Secret/);
    return true;
  });
  await rejects(released(shop(), { image: "" }), /"" is no image; it is one as in registry/);
  for (const cluster of ["x", null]) {
    // deno-lint-ignore no-explicit-any -- as who writes no types has it
    const told = released(shop({ cluster: cluster as any }), { replicas: 2 });
    await rejects(told, /function "shop": cluster is ("x"|null), and must be an object of replicas, secretNames/);
  }
});
