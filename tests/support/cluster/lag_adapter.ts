/**
 * An external-metrics API for tests: what KEDA would tell an autoscaler of a stream, told by Levada itself. Its words: the metric's name, the
 * stream's path, the group. It serves HTTPS at 8443.
 */

import { openStream } from "levada";

const [metric = "", path = "", group = ""] = Deno.args;
const API = "/apis/external.metrics.k8s.io/v1beta1";
const stream = await openStream(path);
const file = (name: string) => Deno.readTextFileSync(new URL(`../${name}`, import.meta.url));

Deno.serve({ port: 8_443, cert: file("loopback_cert.pem"), key: file("loopback_key.pem") }, async ({ url }) => {
  const { pathname } = new URL(url);
  if (pathname === API) {
    return Response.json({
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: "external.metrics.k8s.io/v1beta1",
      resources: [{
        name: metric,
        singularName: "",
        namespaced: true,
        kind: "ExternalMetricValueList",
        verbs: ["get"],
      }],
    });
  }
  if (!pathname.startsWith(`${API}/namespaces/`) || !pathname.endsWith(`/${metric}`)) {
    return new Response("not found", { status: 404 });
  }
  const lag = await stream.lag(group);
  console.log(`told ${lag}`);
  return Response.json({
    kind: "ExternalMetricValueList",
    apiVersion: "external.metrics.k8s.io/v1beta1",
    metadata: {},
    items: [{ metricName: metric, metricLabels: {}, timestamp: new Date().toISOString(), value: String(lag) }],
  });
});
