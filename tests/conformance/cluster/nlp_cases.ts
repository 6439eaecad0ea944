import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStream } from "levada";
import { BrokerServer } from "../streams/broker_server.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { withReleaseLab } from "./release_lab.ts";
import { isNone, until } from "../../support/until.ts";

const NOTEBOOKS = fileURLToPath(new URL("../../../notebooks/", import.meta.url));
const GPU = "nvidia.com/gpu";
const NAME = "03_streaming_nlp.ipynb";
const PARAGRAPHS = ["In 1440 Funchal was small.", "The levada is 80 kilometres long."];
const ENTITIES = [[0, "1440", "DATE"], [1, "80", "CARDINAL"]];

const COMES_WITHIN_MS = 90_000;

type Found = [index: number, text: string, kind: string];

/** The manual's third notebook, whose code is larger than a ConfigMap. */
export const NLP_CASES: readonly ClusterCase[] = [{
  name:
    "notebook 03 is refused without an image, and told the way; its image runs as two Deployments over Kafka, all comes out at the end; without its child that is pruned",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await using kafka = await BrokerServer.start("kafka");
      await using registry = await BrokerServer.start("registry");
      await using articles = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        () => Response.json({ title: "Water", paragraphs: PARAGRAPHS }),
      );
      const broker = { STREAMS: `kafka://${kafka.address}/` };
      const place = ["--target", "kubernetes", "--namespace", lab.namespace];
      const image = (tag: string) => `${registry.address}/team/nlp:${tag}`;
      const deploy = (folder: string, tag: string) =>
        lab.done(
          ["deploy", folder, ...place, "--image", image(tag), "--bundle-folder", "/bundle", "--deadline", "120"],
          broker,
        );

      const bundle = async (notebook: string, name: string) => {
        const folder = join(dirname(await lab.write(name, "")), `${name}-bundle`);
        await lab.done(["bundle", notebook, "-o", folder], broker);
        return folder;
      };

      const notebook = join(NOTEBOOKS, NAME);
      const both = await bundle(notebook, "both");
      const refused = await lab.levada("deploy", both, ...place, "--dry-run");
      strictEqual(refused.code, 1, refused.out);
      match(
        refused.err,
        /its code has 1\d{6} bytes packed, and a ConfigMap takes 900000\. Put it into an image, `levada image … -t IMAGE --push`, and deploy that: .*--image IMAGE --bundle-folder \/bundle/,
      );
      await lab.done(["image", notebook, "-t", image("1"), "--push"], broker); // the same revision, or no pod serves it
      await using _gpu = await withGpu();
      match(await deploy(both, "1"), /enrich +ready +1 of 1 pod/);
      deepStrictEqual((await lab.read("deployments")).items.map((one: Named) => one.metadata.name), [
        "multi-func",
        "multi-func-enrich",
      ]);
      const ask = async () => {
        const url = await cluster.serviceUrl(lab.namespace, "multi-func", 80);
        const body = JSON.stringify({ url: `http://127.0.0.1:${articles.addr.port}/` });
        const headers = { "content-type": "application/json" };
        const response = await fetch(url, { method: "POST", body, headers });
        strictEqual(response.status, 200, await response.text());
      };
      await ask();
      deepStrictEqual(await entities("one", 2), ENTITIES);

      const changed = await lab.write(NAME, withoutChild(await Deno.readTextFile(notebook)));
      await Deno.symlink(join(NOTEBOOKS, "data"), join(dirname(changed), "data"));
      const alone = await bundle(changed, "alone");
      await lab.done(["image", alone, "-t", image("2"), "--push"], broker);
      match(await deploy(alone, "2"), /multi-func-enrich: is removed/);
      const ofChild = async () => (await lab.left("multi-func")).filter((name) => name.includes("enrich"));
      await until("the child has gone", ofChild, isNone); // it finishes what it has
      await ask();
      deepStrictEqual(await entities("two", 4), ENTITIES.flatMap((one) => [one, one]));
      await lab.done(["delete", "multi-func", ...place]);
      deepStrictEqual(await lab.left("multi-func"), []);

      /** What has come out, once there is as much as has come in. */
      async function entities(group: string, count: number): Promise<Found[]> {
        await using stream = await openStream<{ index: number; text: string; kind: string }>(
          `${broker.STREAMS}entities`,
        );
        const found: Found[] = [];
        const subscription = await stream.subscribe({ group });
        const late = setTimeout(() => void subscription.close(), COMES_WITHIN_MS);
        for await (const delivery of subscription) {
          for (const { body: { index, text, kind } } of delivery) found.push([index, text, kind]);
          await delivery.ack();
          if (found.length >= count) break;
        }
        clearTimeout(late);
        if (found.length < count) {
          const pods = await cluster.kubectl(["get", "pods", "-n", lab.namespace, "-o", "wide"]);
          const { out, err } = await lab.levada("logs", "multi-func", ...place);
          const seen = Deno.inspect(found);
          throw new Error(
            `${count} entities were to come out, and these did: ${seen}\n${pods}${out.slice(-4_000)}${err}`,
          );
        }
        return found.sort(([one], [other]) => one - other); // their keys differ, so they come in any order
      }

      /** The notebook's child asks for a GPU, which the node has for so long. */
      async function withGpu(): Promise<AsyncDisposable> {
        const say = (gpus: string | null) => {
          const status = JSON.stringify({ status: { capacity: { [GPU]: gpus }, allocatable: { [GPU]: gpus } } });
          return cluster.kubectl(["patch", "node", "mini-0", "--subresource=status", "--type=merge", "-p", status]);
        };
        await say("1");
        return { [Symbol.asyncDispose]: async () => void await say(null) };
      }
    }),
}];

interface Named {
  readonly metadata: { readonly name: string };
}

const GRAPH = "streaming-07"; // the cell with the graph; those that follow try what is not there any more

/** The notebook up to its graph, all of it in one function. */
function withoutChild(notebook: string): string {
  const { cells, ...rest } = JSON.parse(notebook) as { cells: { id: string; source: string[] }[] };
  const kept = cells.slice(0, cells.findIndex(({ id }) => id === GRAPH) + 1).map((cell) => ({
    ...cell,
    source: cell.source.filter((line) => !/to\("q1"|addChildFunction/.test(line)).map((line) =>
      line.replace(', { function: "enrich" }', "")
    ),
  }));
  return JSON.stringify({ ...rest, cells: kept });
}
