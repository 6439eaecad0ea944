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

/** Asks over a connection of its own: a kept one leads to the pod that it led to. */
async function asked(url: string): Promise<{ product: number; user: number; shell: string; away: string }> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return await (await fetch(url, { client, method: "POST", body: "14" })).json();
}

/** Pods that run images of \`levada image\`, pulled from a real registry. */
export const IMAGE_CASES: readonly ClusterCase[] = [{
  name:
    "an image is made, pushed, pulled by the node and unpacked: its pods are ready, answer, and end with the deployment; a tag that was pushed again with another revision is refused",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await using registry = await BrokerServer.start("registry");
      const module = await lab.write("shop.ts", times(3));
      const image = `${registry.address}/team/shop:1`;
      match(await lab.done(["image", module, "-t", image, "--push"]), /Pushed: /);
      const words = ["--target", "kubernetes", "--namespace", lab.namespace];
      const unsaid = await lab.try(["deploy", module, ...words, "--dry-run"], { LEVADA_IMAGE: "" });
      match(
        unsaid.err,
        /nobody says which image its pods run\. Make it once, `levada image --runtime -t REGISTRY\/levada:/,
      );
      const deployed = await lab.done(["deploy", module, ...words, "--image", image, "--bundle-folder", "/bundle"]);
      match(deployed, /ready +1 of 1 pod /);
      const { items: [pod] } = await lab.read("pods", "-l", "app.kubernetes.io/part-of=shop");
      strictEqual(pod.spec.containers[0].image, image);
      const url = await cluster.serviceUrl(lab.namespace, "shop", 80);
      const { away, ...rest } = await asked(url);
      deepStrictEqual(rest, {
        product: 42,
        user: 65_532,
        shell: "No such file or directory (os error 2): stat '/bin/sh'",
      });
      match(away, /unreachable/);

      const other = await lab.write("other.ts", times(5)); // the same tag, pushed again from elsewhere
      await lab.done(["image", other, "-t", image, "--push"]);
      const changed = await lab.write("shop.ts", times(4));
      const refused = await lab.levada("deploy", changed, ...words, "--image", image, "--bundle-folder", "/bundle");
      strictEqual(refused.code, 1, refused.out);
      match(
        refused.err,
        /it ended with 1, \d times[^]*Cannot serve \/bundle: revision [0-9a-f]{12} is asked for, and it has revision [0-9a-f]{12}\. Make the image/,
      );
      strictEqual((await asked(url)).product, 42); // what ran runs on
      await lab.done(["image", changed, "-t", image, "--push"]);
      await lab.done(["deploy", changed, ...words, "--image", image, "--bundle-folder", "/bundle"]);
      strictEqual((await asked(url)).product, 56);
      await lab.done(["delete", "shop", ...words]);
      deepStrictEqual(await lab.left("shop"), []);
    }),
}];
