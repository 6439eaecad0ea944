import { deepStrictEqual, doesNotMatch, match, ok, strictEqual, throws } from "node:assert/strict";
import { queue, serving } from "levada";
import { digestOf } from "../../../../../lib/bundle/bundle.ts";
import { inferenceService } from "../../../../../lib/deploy/serverless/inference_service.ts";
import { knativeService } from "../../../../../lib/deploy/serverless/knative_service.ts";
import { bundleOf, childBundle, plainBundle } from "../../../../support/nuclio_contract.ts";

// deno-lint-ignore no-explicit-any -- objects of any kind
type Any = any;

const IMAGE = "registry.test/iris:1";

Deno.test("knativeService() has as many pods as are asked, and none when nobody asks; one container with one port", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", {
    env: { MODE: "fast" },
    serve: { tokens: ["CALLERS"], grpcPort: 9000 },
    resources: { cpu: 0.5, memory: "1Gi" },
    cluster: {
      secretNames: ["models"],
      envFrom: [{ secretName: "keys" }],
      serviceAccount: "reader",
      nodeSelector: { a: "b" },
    },
  });
  const { object, notes } = knativeService(bundle, { image: IMAGE, namespace: "shop", imagePullSecrets: ["pull"] });
  const { apiVersion, kind, metadata, spec: { template } } = object as Any;
  deepStrictEqual([apiVersion, kind, metadata.name, metadata.namespace], [
    "serving.knative.dev/v1",
    "Service",
    "iris",
    "shop",
  ]);
  deepStrictEqual(template.metadata.annotations, { "autoscaling.knative.dev/min-scale": "0" });
  const { containers: [container], ...pod } = template.spec;
  deepStrictEqual(pod, {
    serviceAccountName: "reader",
    nodeSelector: { a: "b" },
    imagePullSecrets: [{ name: "pull" }],
    volumes: [{ name: "tmp", emptyDir: {} }, {
      name: "secrets",
      projected: { sources: [{ secret: { name: "models" } }] },
    }],
  });
  deepStrictEqual([container.name, container.image, container.ports], ["function", IMAGE, [{
    containerPort: 8080,
    protocol: "TCP",
  }]]);
  deepStrictEqual(container.resources, { requests: { cpu: "0.5", memory: "1Gi" }, limits: { memory: "1Gi" } });
  deepStrictEqual(container.envFrom, [{ secretRef: { name: "keys" } }]);
  deepStrictEqual(JSON.parse(container.env[0].value), [
    "--revision",
    digestOf(bundle.files),
    "--host",
    "0.0.0.0",
    "--port",
    "8080",
    "--token",
    "CALLERS",
  ]);
  strictEqual(container.lifecycle, undefined);
  deepStrictEqual(notes, [
    "serve.grpcPort (9000): a service here has one port, for HTTP",
    "cluster.nodeSelector: Knative takes it where its feature kubernetes.podspec-nodeselector is on",
  ]);
});

Deno.test("knativeService() keeps one pod of what reads streams, and no more than one of what goes by schedules", () => {
  const { object, notes } = knativeService(childBundle("shop", "aaaaaaaaaaaa"), { image: IMAGE });
  strictEqual((object as Any).spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"], "1");
  match(notes[0]!, /enrich and shop run in one process: queues between them hold what the pod holds/);
  match(notes[1]!, /shop reads streams or goes by schedules: it keeps one pod/);
  const fn = serving("tick");
  fn.addTrigger("each", { schedule: "* * * * *" });
  fn.setTopology("flow").to("a", (n: number) => n);
  const ticking = knativeService(bundleOf(fn, "aaaaaaaaaaaa"), { image: IMAGE }).object as Any;
  deepStrictEqual(ticking.spec.template.metadata.annotations, {
    "autoscaling.knative.dev/min-scale": "1",
    "autoscaling.knative.dev/max-scale": "1",
  });
});

Deno.test("knativeService() scales by the processor where that is said", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", { cluster: { replicas: { min: 1, max: 5, cpu: 70 } } });
  deepStrictEqual((knativeService(bundle, { image: IMAGE }).object as Any).spec.template.metadata.annotations, {
    "autoscaling.knative.dev/min-scale": "1",
    "autoscaling.knative.dev/max-scale": "5",
    "autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev",
    "autoscaling.knative.dev/metric": "cpu",
    "autoscaling.knative.dev/target": "70",
  });
});

Deno.test("knativeService() keeps one pod of what it scales by the processor, and says so", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", { cluster: { replicas: { min: 0, max: 5, cpu: 70 } } });
  const { object, notes } = knativeService(bundle, { image: IMAGE });
  strictEqual((object as Any).spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"], "1");
  deepStrictEqual(notes, ["iris keeps one pod: what Knative scales by the processor it never has end all (class hpa)"]);
});

Deno.test("inferenceService() is one service of KServe for the whole graph", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", { cluster: { replicas: { min: 0, max: 4 } } });
  const { object, notes } = inferenceService(bundle, { image: IMAGE });
  const { metadata, spec: { predictor: { containers: [container], volumes: _, ...predictor } } } = object as Any;
  deepStrictEqual(metadata.annotations, { "serving.kserve.io/deploymentMode": "Standard" });
  strictEqual(container.name, "kserve-container");
  deepStrictEqual(predictor, {
    labels: {
      "app.kubernetes.io/managed-by": "levada",
      "app.kubernetes.io/part-of": "iris",
      "app.kubernetes.io/name": "iris",
      "levada.dev/revision": "aaaaaaaaaaaa",
    },
    minReplicas: 1,
    maxReplicas: 4,
    scaleMetric: "cpu",
    scaleTarget: 80,
    timeout: 125,
    terminationGracePeriodSeconds: 38,
  });
  deepStrictEqual(notes, [
    "KServe gives its Deployments no preStop: a pod that is to end still answers for 3 s (--linger)",
    `iris keeps one pod: only mode "Knative" has none`,
  ]);
  deepStrictEqual(JSON.parse(container.env[0].value).slice(6), ["--linger", "3"]);
  const knative = inferenceService(bundle, { image: IMAGE, mode: "Knative" });
  strictEqual((knative.object as Any).spec.predictor.minReplicas, 0);
  deepStrictEqual(knative.notes, []);
});

Deno.test("inferenceService() gives requests, and pods that are to end, the time that the function asks for", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", {
    serve: { graceMs: 120_000, limits: { requestTimeoutMs: 900_000 } },
  });
  const { timeout, terminationGracePeriodSeconds } = (inferenceService(bundle, { image: IMAGE }).object as Any).spec
    .predictor;
  deepStrictEqual([timeout, terminationGracePeriodSeconds], [905, 128]); // beside 3 s of --linger
  const knative = inferenceService(bundle, { image: IMAGE, mode: "Knative" });
  const { predictor } = (knative.object as Any).spec;
  deepStrictEqual([predictor.timeout, predictor.terminationGracePeriodSeconds], [905, undefined]);
  match(knative.notes[0]!, /Knative takes more than 600 where max-revision-timeout-seconds/);
});

Deno.test("knativeService() says timeoutSeconds where the function says how long a request may take, or its end", () => {
  const timed = (options: object, timeoutMs?: number) => {
    const fn = serving("iris", options);
    fn.setTopology("flow", timeoutMs === undefined ? {} : { timeoutMs }).to("a", (n: number) => n).respond();
    const { object, notes } = knativeService(bundleOf(fn, "aaaaaaaaaaaa"), { image: IMAGE });
    return [(object as Any).spec.template.spec.timeoutSeconds, notes.length];
  };
  deepStrictEqual(timed({}), [undefined, 0]); // its own 300 s are more than either
  deepStrictEqual(timed({ serve: { limits: { requestTimeoutMs: 900_000 } } }), [905, 1]);
  deepStrictEqual(timed({ serve: { graceMs: 400_000 } }), [405, 0]);
  deepStrictEqual(timed({ serve: { limits: { requestTimeoutMs: 900_000 } } }, 500_000), [505, 0]);
});

Deno.test("knativeService() and inferenceService() tell that they look at no streams", () => {
  const fn = serving("shop", { cluster: { replicas: { min: 1, max: 3, lag: 10 } } });
  fn.addTrigger("orders", { stream: "kafka://broker:9092/orders" });
  fn.setTopology("flow").to("a", (n: number) => n);
  const bundle = bundleOf(fn, "aaaaaaaaaaaa");
  const lag = /^cluster\.replicas\.lag: (\w+) looks at no streams/;
  for (const [made, name] of [[knativeService, "Knative"], [inferenceService, "KServe"]] as const) {
    deepStrictEqual(made(bundle, { image: IMAGE }).notes.flatMap((note) => lag.exec(note)?.[1] ?? []), [name]);
  }
});

Deno.test("wholeFunction() refuses resources and images that are none, and rights that it would not take away", () => {
  const bundle = plainBundle("iris", "aaaaaaaaaaaa", {
    resources: { cpu: -1, memory: "lots" },
    serve: { workerFlags: ["--allow-net=broker"] },
  });
  for (const made of [knativeService, inferenceService]) {
    const { message } = thrown(() => made(bundle, { image: "not an image" }));
    match(message, /"not an image" is no image; it is one as in registry\/name:tag/);
    match(message, /resources\.cpu is -1, and must be cores above 0/);
    match(message, /resources\.memory is "lots", and must be a text such as "512Mi"/);
    match(message, /serve\.workerFlags: a pod has one process here, of which nothing is taken away/);
  }
});

Deno.test("wholeFunction() tells everything at once that cannot run so", () => {
  const fn = serving("My_Fn", { serve: { tls: { cert: "a", key: "b" } } });
  fn.addTrigger("tick", { schedule: "* * * * *" }).addTrigger("in", { stream: "local://in" });
  fn.setTopology("flow").to("a", (n: number) => n);
  const bundle = bundleOf(fn, "aaaaaaaaaaaa");
  throws(() => knativeService(bundle, { image: "" }), (error: Error) => {
    for (
      const told of [
        /Cannot make a Service of Knative of "My_Fn": /,
        /its objects would be called "My_Fn"/,
        /it needs an image that has the bundle in it/,
        /leave serve\.tls out/,
        /trigger "in": local:\/\/in\. On a cluster streams are at a broker/,
      ]
    ) match(error.message, told);
    return true;
  });
  const wide = plainBundle("iris", "a", { cluster: { replicas: { min: 3, max: 1 } } });
  throws(() => inferenceService(wide, { image: IMAGE }), /replicas are \{"min":3,"max":1\}, and must be whole numbers/);
});

Deno.test("wholeFunction() refuses streams that would lie in a pod, and takes queues between its functions without a path", () => {
  const fn = serving("shop", { errorStream: "local://errors" });
  fn.addChildFunction("enrich", { errorStream: "memory://errors" });
  fn.setTopology("flow").to("take", (order: object) => order)
    .to("orders", queue())
    .to("enrich", (order: object) => order, { function: "enrich" })
    .to("out", queue({ path: "local://out" }));
  const { message } = thrown(() => knativeService(bundleOf(fn, "aaaaaaaaaaaa"), { image: IMAGE }));
  const lies = [
    ...message.matchAll(/(?:: |; )(queue|the \w+ stream|trigger|the queue)[^;]*?: (\w+:\/\/\w+)\. On a cluster/g),
  ];
  deepStrictEqual(lies.map(([, , path]) => path), ["local://out", "local://errors", "memory://errors"]);
  doesNotMatch(message, /has no path/);
});

/** A function and its child, in one pod. */
function family(own: object, child: object) {
  const fn = serving("shop", own);
  fn.addChildFunction("enrich", child);
  fn.setTopology("flow").to("take", (order: object) => order)
    .to("orders", queue({ path: "kafka://broker:9092/orders" }))
    .to("enrich", (order: object) => order, { function: "enrich" })
    .to("done", queue({ path: "kafka://broker:9092/done" }));
  return bundleOf(fn, "aaaaaaaaaaaa");
}

Deno.test("wholeFunction() brings secrets, variables and the place of its children along, and says what it does not", () => {
  const bundle = family(
    {
      env: { A: "1" },
      cluster: {
        secretNames: ["own"],
        envFrom: [{ secretName: "keys" }],
        serviceAccount: "reader",
        user: "assigned",
        rollout: "old-first",
      },
    },
    {
      env: { A: "1", B: "2" },
      cluster: {
        secretNames: ["own", "more"],
        envFrom: [{ secretName: "keys" }, { configMapName: "words" }],
        serviceAccount: "reader",
        replicas: 4,
      },
      serve: { tokens: ["OTHERS"] },
      resources: { memory: "1Gi" },
    },
  );
  const { object, notes } = knativeService(bundle, { image: IMAGE });
  const { containers: [container], volumes, serviceAccountName } = (object as Any).spec.template.spec;
  strictEqual(serviceAccountName, "reader");
  deepStrictEqual(volumes[1].projected.sources, [{ secret: { name: "own" } }, { secret: { name: "more" } }]);
  deepStrictEqual(container.envFrom, [{ secretRef: { name: "keys" } }, { configMapRef: { name: "words" } }]);
  deepStrictEqual(container.env.slice(-2), [{ name: "A", value: "1" }, { name: "B", value: "2" }]);
  strictEqual(container.securityContext.runAsUser, undefined);
  ok(notes.includes("cluster.rollout: the platform replaces pods in its own way"));
  ok(notes.includes("function enrich: its serve.tokens is not looked at; say that of all in the function's own"));
  ok(notes.includes("function enrich: its resources are not looked at; say those of all in the function's own"));
  ok(notes.includes("function enrich: its cluster.replicas is not looked at; say that of all in the function's own"));
});

Deno.test("wholeFunction() refuses what its children ask for otherwise than it does", () => {
  const bundle = family(
    { env: { MODE: "hunter1" }, cluster: { nodeSelector: { disk: "ssd" } } },
    {
      env: { MODE: "hunter2" },
      cluster: { nodeSelector: { disk: "gold" }, serviceAccount: "writer", secretNames: [7] as never },
    },
  );
  const error = thrown(() => knativeService(bundle, { image: IMAGE }));
  match(error.message, /env MODE is one value for shop and another for enrich, and both run in one process/);
  match(error.message, /function enrich: cluster\.serviceAccount is not the function's own, and all run in one pod/);
  match(error.message, /function enrich: cluster\.nodeSelector is not the function's own/);
  match(error.message, /function enrich: cluster\.secretNames is \[7\], and must be a list of names of Secrets/);
  doesNotMatch(error.message, /hunter/);
});

function thrown(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
