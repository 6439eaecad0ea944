import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { BrokerServer } from "../streams/broker_server.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { withReleaseLab } from "./release_lab.ts";

/** A function that multiplies, and says as whom, among which files, with which way out. */
function times(factor: number): string {
  return `import { serving } from "levada";
const fn = serving("shop");
const said = (error: Error) => error.message;
fn.setTopology("flow").to("times", async (n: number) => ({
  product: ${factor} * n,
  user: Deno.uid(),
  shell: await Deno.stat("/bin/sh").then(() => "there", said),
  away: await Deno.connect({ hostname: "192.0.2.1", port: 443 }).then(() => "there", said),
})).respond();
export default fn;
`;
}

/** Pods that run images of \`levada image\`, pulled from a real registry. */
export const IMAGE_CASES: readonly ClusterCase[] = [{
  name:
    "an image is made, pushed, pulled by the node and unpacked: its pods are ready, answer, and end with the deployment",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await using registry = await BrokerServer.start("registry");
      const module = await lab.write("shop.ts", times(3));
      const image = `${registry.address}/team/shop:1`;
      match(await lab.done(["image", module, "-t", image, "--push"]), /Pushed: /);
      const words = ["--target", "kubernetes", "--namespace", lab.namespace];
      const deployed = await lab.done(["deploy", module, ...words, "--image", image, "--bundle-folder", "/bundle"]);
      match(deployed, /1 of 1 pods/);
      const { items: [pod] } = await lab.read("pods", "-l", "app.kubernetes.io/part-of=shop");
      strictEqual(pod.spec.containers[0].image, image);
      const url = await cluster.serviceUrl(lab.namespace, "shop", 80);
      const { away, ...rest } = await (await fetch(url, { method: "POST", body: "14" })).json();
      deepStrictEqual(rest, {
        product: 42,
        user: 65_532,
        shell: "No such file or directory (os error 2): stat '/bin/sh'",
      });
      match(away, /unreachable/);
      await lab.done(["delete", "shop", ...words]);
      deepStrictEqual(await lab.left("shop"), []);
    }),
}];
