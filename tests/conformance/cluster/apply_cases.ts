import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { askedBy, configMap, deployment, refusal } from "./asked_by.ts";
import type { ClusterCase } from "./cluster_case.ts";

const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" };
const CONFIG_MAP = { apiVersion: "v1", kind: "ConfigMap" };
const WIDGET = { apiVersion: "levada.test/v1", kind: "Widget" };

/** How objects are written: server-side apply, and what it refuses. */
export const APPLY_CASES: readonly ClusterCase[] = [{
  name: "the same applied again changes nothing; what is left out goes, what others have written stays",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const first = await asked.objects.apply(configMap(namespace, "one", { a: "1", b: "2" }));
    const again = await asked.objects.apply(configMap(namespace, "one", { a: "1", b: "2" }));
    strictEqual(again.metadata.resourceVersion, first.metadata.resourceVersion);
    await cluster.kubectl([
      "patch",
      "configmap",
      "one",
      "-n",
      namespace,
      "--type=merge",
      "-p",
      `{"data":{"theirs":"3"}}`,
    ]);
    const less = await asked.objects.apply(configMap(namespace, "one", { a: "1" }));
    deepStrictEqual(less.data, { a: "1", theirs: "3" });
  },
}, {
  name: "a field that the kind has not is refused by its name, planned, applied and written; nothing is changed",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const misspelt = deployment(namespace, { replicaz: 1 }, { imagePullPolic: "Always" });
    for (const dryRun of [true, false]) {
      const { message, reason, causes } = await refusal(asked.objects.apply(misspelt, { dryRun }));
      match(
        message,
        /^Cannot (plan|apply) Deployment test-\d+\/still: its kind has no such field, or not in this cluster: /,
      );
      const fields = causes.map(({ field }) => field); // a server tells the outer one, and mostly no other
      deepStrictEqual([reason, fields.includes(".spec.replicaz")], ["UnknownField", true], `${fields}`);
    }
    const inner = await refusal(asked.objects.apply(deployment(namespace, {}, { imagePullPolic: "Always" })));
    deepStrictEqual(inner.causes.map(({ field }) => field), [
      `.spec.template.spec.containers[name="main"].imagePullPolic`,
    ]);
    const written = await refusal(asked.objects.write(misspelt));
    deepStrictEqual([written.status, written.causes.map(({ field }) => field).toSorted()], [400, [
      "spec.replicaz",
      "spec.template.spec.containers[0].imagePullPolic",
    ]]);
    strictEqual(await asked.objects.read({ ...DEPLOYMENT, namespace, name: "still" }), undefined);
  },
}, {
  name: "fields of others are told by field and manager, and taken over by force alone",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const theirs = deployment(namespace, { replicas: 0, minReadySeconds: 3 });
    await cluster.kubectl(["apply", "--server-side", "--field-manager=argocd", "-f", "-"], theirs);
    const ours = deployment(namespace, { replicas: 0, minReadySeconds: 5 }, { image: "levada.test/still:2" });
    for (const dryRun of [true, false]) {
      const { message, status } = await refusal(asked.objects.apply(ours, { dryRun }));
      strictEqual(status, 409);
      strictEqual(
        message,
        `Cannot ${dryRun ? "plan" : "apply"} Deployment ${namespace}/still: ` +
          `others have written 2 fields of it, which only force takes over:
  .spec.minReadySeconds, by "argocd"
  .spec.template.spec.containers[name="main"].image, by "argocd"`,
      );
    }
    const before = await asked.objects.read({ ...DEPLOYMENT, namespace, name: "still" });
    strictEqual(before?.spec.minReadySeconds, 3);
    await asked.objects.apply(ours, { force: true, dryRun: true });
    strictEqual((await asked.objects.read({ ...DEPLOYMENT, namespace, name: "still" }))?.spec.minReadySeconds, 3);
    strictEqual((await asked.objects.apply(ours, { force: true })).spec.minReadySeconds, 5);
  },
}, {
  name: "a quota that is used up, values that cannot be, and a namespace that is not there or is going are named",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    await cluster.kubectl(["create", "quota", "small", "--hard=count/configmaps=1", "-n", namespace]);
    await cluster.kubectl(["wait", "--for=jsonpath={.status.hard}", "quota/small", "-n", namespace, "--timeout=30s"]);
    const over = await refusal(asked.objects.apply(configMap(namespace, "two")));
    strictEqual(over.reason, "Quota");
    match(
      over.message,
      /a quota of the namespace is used up: small, requested: count\/configmaps=1, used: count\/configmaps=1/,
    );
    const invalid = await refusal(asked.objects.apply(deployment(namespace, { replicas: -1 })));
    deepStrictEqual([invalid.reason, invalid.causes.map(({ field }) => field)], ["Invalid", ["spec.replicas"]]);
    const nowhere = await refusal(asked.objects.apply(configMap("levada-nowhere", "one")));
    strictEqual(
      nowhere.message,
      `Cannot apply ConfigMap levada-nowhere/one: namespaces "levada-nowhere" not found (404 NotFound)`,
    );
    const going = await cluster.namespace();
    await cluster.kubectl(["create", "-n", going, "-f", "-"], {
      ...CONFIG_MAP,
      metadata: { name: "held", finalizers: ["levada.test/held"] },
    });
    await cluster.kubectl(["delete", "namespace", going, "--wait=false"]);
    const late = await refusal(asked.objects.apply(configMap(going, "one")));
    match(late.message, /unable to create new content in namespace test-\d+ because it is being terminated/);
    await cluster.kubectl([
      "patch",
      "configmap",
      "held",
      "-n",
      going,
      "--type=merge",
      "-p",
      `{"metadata":{"finalizers":[]}}`,
    ]);
  },
}, {
  name: "kinds that a cluster has not are told, and known once they are there",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const widget = { ...WIDGET, metadata: { name: "one", namespace } };
    strictEqual(await asked.objects.has(WIDGET), false);
    deepStrictEqual(await asked.objects.list({ ...WIDGET, namespace }), []);
    strictEqual((await refusal(asked.objects.apply(widget))).reason, "NoKind");
    const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } };
    await cluster.kubectl(["apply", "-f", "-"], {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "widgets.levada.test" },
      spec: {
        group: "levada.test",
        scope: "Namespaced",
        names: { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" },
        versions: [version],
      },
    });
    await cluster.kubectl(["wait", "--for=condition=Established", "crd/widgets.levada.test", "--timeout=30s"]);
    strictEqual(await asked.objects.has(WIDGET), true);
    await asked.objects.apply(widget);
    strictEqual((await asked.objects.list({ ...WIDGET, namespace })).length, 1);
    await cluster.kubectl(["delete", "crd", "widgets.levada.test"]);
  },
}, {
  name: "objects are listed by label with their kind, written by version, removed with what they own",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    using asked = await askedBy(cluster.kubeconfig);
    const [one] = [
      await asked.objects.apply(configMap(namespace, "one")),
      await asked.objects.apply(configMap(namespace, "two")),
    ];
    const listed = await asked.objects.list({ ...CONFIG_MAP, namespace, labels: { of: "test" } });
    deepStrictEqual(listed.map(({ kind, metadata }) => `${kind} ${metadata.name}`), ["ConfigMap one", "ConfigMap two"]);
    await asked.objects.write({ ...one, data: { a: "1" } });
    strictEqual((await refusal(asked.objects.write({ ...one, data: { a: "2" } }))).status, 409);
    strictEqual((await refusal(asked.objects.write(configMap(namespace, "one")))).reason, "AlreadyExists");
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "one", uid: one!.metadata.uid! };
    await asked.objects.apply({ ...CONFIG_MAP, metadata: { name: "owned", namespace, ownerReferences: [owner] } });
    const name = { ...CONFIG_MAP, namespace, name: "one" };
    await asked.objects.remove(name);
    await cluster.kubectl([
      "wait",
      "--for=delete",
      "configmap/one",
      "configmap/owned",
      "-n",
      namespace,
      "--timeout=30s",
    ]);
    strictEqual(await asked.objects.read(name), undefined);
    await asked.objects.remove(name);
    for (const hostile of ["../two", "two/status", "two?dryRun=All", ""]) {
      const { status } = await refusal(asked.objects.apply(configMap(namespace, hostile)));
      ok(status >= 400 && status < 500, `${hostile}: ${status}`);
    }
    ok(await asked.objects.read({ ...CONFIG_MAP, namespace, name: "two" }) !== undefined);
  },
}];
