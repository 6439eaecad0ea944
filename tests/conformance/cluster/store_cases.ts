import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { packBundle } from "../../../lib/bundle/bundle_archive.ts";
import { bundleModule } from "../../../lib/bundle/make_bundle.ts";
import { BrokerServer } from "../streams/broker_server.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { until } from "../../support/until.ts";
import { type ReleaseLab, withReleaseLab } from "./release_lab.ts";

const RIGHTS = { AWS_ACCESS_KEY_ID: "levada", AWS_SECRET_ACCESS_KEY: "levada-secret" };

function times(factor: number): string {
  return `import { serving } from "levada";
const fn = serving("shop", { cluster: { envFrom: [{ secretName: "store" }] } });
fn.setTopology("flow").to("times", (n: number) => ${factor} * n).respond();
export default fn;
`;
}

async function tellPods(lab: ReleaseLab, stringData: Readonly<Record<string, string>>): Promise<void> {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "store" }, stringData };
  await lab.cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], secret);
}

/** Code that pods fetch from a store. */
export const STORE_CASES: readonly ClusterCase[] = [{
  name:
    "code is uploaded to an S3 store, and fetched from there by an init container of our own image; another revision, no object and no rights are told; an archive that was changed there starts nowhere",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await using registry = await BrokerServer.start("registry");
      await using s3 = await BrokerServer.start("s3");
      const server = { AWS_ENDPOINT_URL: s3.address, AWS_REGION: "us-east-1" };
      const env = { ...server, ...RIGHTS };
      const image = `${registry.address}/team/levada:1`;
      await lab.done(["image", "--runtime", "-t", image, "--push"]);
      const place = ["--target", "kubernetes", "--namespace", lab.namespace];
      const deploy = (module: string, url: string, ...words: string[]) => [
        ...["deploy", module, ...place, "--image", image, "--bundle-url", url, ...words],
      ];
      const refused = async (words: readonly string[], message: RegExp, given: Record<string, string> = env) => {
        const { code, out, err } = await lab.try(words, given);
        strictEqual(code, 1, out);
        match(err, message);
      };
      const objects = () => Array.fromAsync(Deno.readDir(`${s3.folder}/data/levada/code`), ({ name }) => name);
      const folder = "s3://levada/code/";

      const module = await lab.write("shop.ts", times(3));
      const planned = await lab.done(deploy(module, folder, "--dry-run"), env);
      const [, object = ""] =
        /the code travels by s3:\/\/levada\/code\/(shop-[0-9a-f]{12}-[0-9a-f]{12}\.tar\.gz)/.exec(planned) ??
          [];
      await refused(deploy(module, folder), /Cannot deploy "shop": cannot (read|write) "?s3:\/\/levada\/code\/shop-/, {
        ...env,
        AWS_SECRET_ACCESS_KEY: "wrong",
      });
      await refused(deploy(module, "s3://levada/code/shop.tar.gz"), /one place for all revisions/);
      deepStrictEqual(await lab.left("shop"), []);

      await tellPods(lab, env);
      await lab.done(deploy(module, folder), env);
      deepStrictEqual(await objects(), [object]);
      const url = await cluster.serviceUrl(lab.namespace, "shop", 80);
      strictEqual(await (await fetch(url, { method: "POST", body: "14" })).text(), "42");
      const left = await lab.left("shop");
      deepStrictEqual(left.filter((name) => name.startsWith("ConfigMap")), ["ConfigMap shop-release"]);

      const file = `${s3.folder}/data/levada/code/${object}`; // somebody changes it: a bundle still, and of this name
      const evil = await lab.write("evil.ts", times(666));
      const bundle = await bundleModule(pathToFileURL(evil), { directory: dirname(evil) });
      await Deno.writeFile(file, await packBundle(bundle));
      await lab.cluster.kubectl(["delete", "pods", "-n", lab.namespace, "--all", "--wait=false"]);
      const fetcher = [
        "logs",
        "-n",
        lab.namespace,
        "-l",
        "app.kubernetes.io/part-of=shop",
        "-c",
        "fetch-bundle",
        "--previous",
      ];
      const refusal = () => lab.cluster.kubectl(fetcher).catch(String);
      await until("the changed archive is refused", refusal, (said) => said.includes("it has SHA-256 "));
      await lab.done(deploy(module, folder), env); // lays it there again
      strictEqual(await (await fetch(url, { method: "POST", body: "14" })).text(), "42");

      const manifests = ["manifests", module, "-o", "out", "--image", image, "--bundle-url", "s3://levada/other/"];
      await lab.done(manifests, env);
      await Deno.stat(`${s3.folder}/data/levada/other/${object}`);

      const changed = await lab.write("changed.ts", times(4));
      await tellPods(lab, { ...env, AWS_SECRET_ACCESS_KEY: "wrong" });
      await refused(
        deploy(changed, folder),
        /function shop: its container "fetch-bundle" ended with 1, \d times[^]*Cannot read "?s3:\/\/levada/,
      );
      strictEqual(await (await fetch(url, { method: "POST", body: "14" })).text(), "42"); // what ran runs on
      await lab.done(["delete", "shop", ...place]);
      deepStrictEqual(await lab.left("shop"), []);
    }),
}];
