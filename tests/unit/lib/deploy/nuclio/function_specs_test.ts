import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { queue, serving } from "levada";
import { digestOf } from "../../../../../lib/bundle/bundle.ts";
import { functionSpecs, type SpecWish } from "../../../../../lib/deploy/nuclio/function_specs.ts";
import { bundleOf, childBundle, plainBundle } from "../../../../support/nuclio_contract.ts";

const WISH: SpecWish = {
  image: "registry.test:5000/shop/iris:1",
  project: "shop",
  namespace: undefined,
  deadlineMs: 90_500,
};
const ACT = 'deploy "iris"';

Deno.test("functionSpecs() tells Nuclio of a prebuilt image, and how it is to serve by Nuclio's health contract", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", {
    env: { MODE: "fast" },
    resources: { cpu: 2, memory: "2Gi", gpu: 1 },
    serve: { tokens: ["CALLERS"], limits: { maxConcurrent: 8 }, host: "127.0.0.1", workers: 4, grpcPort: 9000 },
  });
  const { functions: [config], notes } = functionSpecs(ACT, bundle, WISH);
  const { metadata, spec: { env, ...spec } } = config!;
  deepStrictEqual(metadata, {
    name: "iris",
    labels: {
      "nuclio.io/project-name": "shop",
      "app.kubernetes.io/managed-by": "levada",
      "app.kubernetes.io/part-of": "iris",
      "levada.dev/function": "iris",
      "levada.dev/revision": "aaaaaaaaaaaa",
    },
  });
  deepStrictEqual(spec, {
    description: "Function iris, made by Levada: revision aaaaaaaaaaaa",
    runtime: "nodejs",
    image: "registry.test:5000/shop/iris:1",
    resources: {
      requests: { cpu: "2", memory: "2Gi", "nvidia.com/gpu": "1" },
      limits: { memory: "2Gi", "nvidia.com/gpu": "1" },
    },
    minReplicas: 1,
    maxReplicas: 1,
    readinessTimeoutSeconds: 91,
    triggers: { http: { kind: "http", name: "http", attributes: { serviceType: "ClusterIP" } } },
    build: { codeEntryType: "image" },
  });
  const values = Object.fromEntries(env!.map(({ name, value }) => [name, value]));
  const { LEVADA_SERVE: words, ...rest } = values;
  deepStrictEqual(JSON.parse(words!), [
    ...[
      "--revision",
      digestOf(bundle.files),
      "--host",
      "0.0.0.0",
      "--port",
      "8080",
      "--health-port",
      "8082",
      "--linger",
      "3",
    ],
    ...["--token", "CALLERS", "--limit", "maxConcurrent=8"],
  ]);
  deepStrictEqual(rest, {
    LEVADA_FUNCTION: "iris",
    DENO_V8_FLAGS: "--no-allocation-site-pretenuring,--max-semi-space-size=64",
    LEVADA_LOG_FORMAT: "json",
    LEVADA_STATE: "/tmp/levada",
    MODE: "fast",
  });
  deepStrictEqual(notes, [
    "function iris: serve.workers (4): a pod has one process on Nuclio; say replicas",
    "function iris: serve.grpcPort (9000): Nuclio passes http alone on",
  ]);
});

Deno.test("functionSpecs() names Secrets and ConfigMaps and brings no value, scales, and has an ingress where it is wished", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", {
    cluster: {
      replicas: { min: 0, max: 3, cpu: 60 },
      secretNames: ["models"],
      envFrom: [{ secretName: "keys" }, { configMapName: "plain" }],
      ingress: { host: "iris.test", tlsSecretName: "cert", className: "nginx" },
      nodeSelector: { disk: "ssd" },
      serviceAccount: "reader",
    },
  });
  const { functions: [config] } = functionSpecs(ACT, bundle, { ...WISH, nodePort: true, imagePullSecrets: ["pull"] });
  const {
    envFrom,
    volumes,
    minReplicas,
    maxReplicas,
    targetCPU,
    triggers,
    nodeSelector,
    serviceAccount,
    imagePullSecrets,
  } = config!.spec;
  deepStrictEqual([minReplicas, maxReplicas, targetCPU, nodeSelector, serviceAccount, imagePullSecrets], [
    ...[0, 3, 60, { disk: "ssd" }, "reader", "pull"],
  ]);
  deepStrictEqual(envFrom, [{ secretRef: { name: "keys" } }, { configMapRef: { name: "plain" } }]);
  deepStrictEqual(volumes, [{
    volume: { name: "secrets", projected: { sources: [{ secret: { name: "models" } }] } },
    volumeMount: { name: "secrets", mountPath: "/var/run/secrets/levada", readOnly: true },
  }]);
  deepStrictEqual(triggers!.http, {
    kind: "http",
    name: "http",
    annotations: { "kubernetes.io/ingress.class": "nginx" },
    attributes: {
      serviceType: "NodePort",
      ingresses: { "0": { host: "iris.test", paths: ["/"], pathType: "Prefix", secretName: "cert" } },
    },
  });
});

Deno.test("functionSpecs() has who reads a stream made before who answers callers", () => {
  const { functions } = functionSpecs(ACT, childBundle("shop", "aaaaaaaaaaaa"), WISH);
  deepStrictEqual(functions.map(({ metadata: { name } }) => name), ["shop-enrich", "shop"]);
  strictEqual(functions[1]!.spec.triggers!.orders, undefined);
});

Deno.test("functionSpecs() tells everything at once that Nuclio cannot run", () => {
  const fn = serving("Iris", { env: { "1 A": "x" }, serve: { tls: { cert: "a", key: "b" } } });
  fn.addTrigger("tick", { schedule: "* * * * *" }).addTrigger("orders", { stream: "local://orders" });
  fn.setTopology("flow").to("a", (n: number) => n).to("later", queue()).to("b", (n: number) => n, {
    function: "Child",
  });
  fn.addChildFunction("Child", {});
  const wish = { ...WISH, image: "http://x/y", replicas: 2 };
  throws(() => functionSpecs(ACT, bundleOf(fn, "aaaaaaaaaaaa"), wish), (error: Error) => {
    const told = [
      /"http:\/\/x\/y" is no image; it is one as in registry\/name:tag/,
      /trigger "orders": local:\/\/orders\. On a cluster streams are at a broker/,
      /the queue that feeds function "Child" has no path\. On a cluster streams are at a broker/,
      /function "Iris": its objects would be called "Iris", and a cluster takes small letters/,
      /function "Iris": Nuclio speaks http to its functions: leave serve\.tls out/,
      /function "Iris": "1 A" cannot be the name of a variable/,
      /function "Iris": each of its pods would go by its schedules, and it has up to 2: give it one/,
      /function "Child": its objects would be called "Iris-Child"/,
    ];
    for (const one of told) match(error.message, one);
    return true;
  });
  throws(
    () => functionSpecs(ACT, plainBundle("iris", "a"), { ...WISH, image: undefined }),
    /it needs an image that has the bundle in it/,
  );
  throws(
    () => functionSpecs(ACT, plainBundle("iris", "a"), { ...WISH, replicas: 0 }),
    /replicas are \{"min":0,"max":0\}/,
  );
});

Deno.test("functionSpecs() refuses resources that are none, and rights that it would not take away; a long end is told", () => {
  const bad = plainBundle("iris", "a", { resources: { memory: "lots" }, serve: { workerFlags: ["--allow-net=x"] } });
  throws(() => functionSpecs(ACT, bad, WISH), (error: Error) => {
    match(error.message, /function "iris": resources\.memory is "lots", and must be a text/);
    match(error.message, /function "iris": serve\.workerFlags: a pod has one process on Nuclio/);
    return true;
  });
  const { notes } = functionSpecs(ACT, plainBundle("iris", "a", { serve: { graceMs: 120_000 } }), WISH);
  deepStrictEqual(notes, [
    "function iris: serve.graceMs (120000): a pod of Nuclio has 27 s, what takes longer is cut",
  ]);
});
