/** Images that run: without a network, so that nothing can be fetched, as a user without rights, on files that cannot be written. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { startServe } from "../../support/serve_process.ts";
import { type ImageCase, type ImageLab, levadaImage, makeImageBy, ROOT } from "./image_lab.ts";

/** The same on each engine that there is. */
async function onEach(
  { engines }: ImageLab,
  check: (engine: ImageLab["engines"][number]) => Promise<void>,
): Promise<void> {
  ok(engines.length > 0, "nothing runs images here");
  for (const engine of engines) {
    await check(engine).catch((error) => {
      throw new Error(`by ${engine.name}: ${error instanceof Error ? error.stack : error}`, { cause: error });
    });
  }
}

/** Makes the folder of a notebook's function. */
async function bundleOf(lab: ImageLab, notebook: string, fn: string): Promise<string> {
  const folder = join(lab.folder, `${notebook} bundle`);
  const { code, err } = await levadaImage(
    [join(ROOT, "notebooks", `${notebook}.ipynb`), "--export", fn, "-o", folder],
    { command: "bundle" },
  );
  strictEqual(code, 0, err);
  return folder;
}

export const RUN_CASES: readonly ImageCase[] = [
  {
    name: "an image serves, and ends when it is asked to with what it has accepted answered",
    async run(lab) {
      await onEach(lab, async (engine) => {
        await using container = await engine.start({ layout: join(lab.folder, "sizes") });
        deepStrictEqual(await container.ask("/", "four"), { status: 200, text: "4" });
        match(await container.log(), /Serving sizes on /);
        strictEqual(await container.stop(), 0);
        match(await container.log(), /Ended\./);
      });
    },
  },
  {
    name: "an image with ONNX models answers as its bundle does here, its native library loaded",
    async run(lab) {
      const bundle = await bundleOf(lab, "01_router", "fn");
      const layout = join(lab.folder, "router");
      await makeImageBy([bundle, "-t", "team/router:1", "-o", layout]);
      const { rows } = JSON.parse(await Deno.readTextFile(join(ROOT, "notebooks/data/iris.json"))) as {
        rows: number[][];
      };
      const [path, body] = ["/v2/models/model1/infer", { inputs: rows }];
      await using server = startServe([bundle]);
      const response = await fetch(new URL(path, await server.url), {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      });
      const { outputs } = await response.json();
      await onEach(lab, async (engine) => {
        await using container = await engine.start({ layout });
        const { status, text } = await container.ask(path, body);
        strictEqual(status, 200, text);
        deepStrictEqual(JSON.parse(text).outputs, outputs);
      });
    },
  },
  {
    name: "the runtime serves a bundle that is mounted, by several processes",
    async run(lab) {
      const layout = join(lab.folder, "runtime");
      await makeImageBy(["--runtime", "-o", layout]);
      const bundle = join(lab.folder, "sizes-mounted");
      const { code, err } = await levadaImage([join(lab.folder, "one", "sizes.ts"), "-o", bundle], {
        command: "bundle",
      });
      strictEqual(code, 0, err);
      const words = ["serve", "/shop", "--host", "0.0.0.0", "--workers", "2"];
      await onEach(lab, async (engine) => {
        await using container = await engine.start({ layout, words, mounts: { "/shop": bundle } });
        deepStrictEqual(await container.ask("/", "three"), { status: 200, text: "5" });
        strictEqual(await container.stop(), 0);
      });
    },
  },
];
