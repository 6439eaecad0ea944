/** Archives that Python's standard library writes, honest ones and others. */

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FolderCache } from "../../../lib/stores/cache/folder_cache.ts";
import { runTool } from "./store_lab.ts";

const MAKER = new URL("make_archives.py", import.meta.url).pathname;
const WEIGHTS = 256 * 4096;

/** Unpacks what may be, and refuses the rest, with nothing left of it. */
export async function archivesOfPython(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "levada-archives-" });
  try {
    await Deno.mkdir(`${folder}/made`);
    const lines = (await runTool("python3", [MAKER, `${folder}/made`])).split("\n").map((line) => line.split(" "));
    const cache = new FolderCache({ folder: `${folder}/cache` });
    const counts = { good: 0, bad: 0 };
    for (const [kind, name] of lines) {
      const unpacking = cache.unpack(`${folder}/made/${name}`, { uri: name! });
      counts[kind as "good" | "bad"] += 1;
      if (kind === "bad") {
        await rejects(unpacking, { name: "StoreError", reason: "broken" }, name);
        deepStrictEqual(await Array.fromAsync(Deno.readDir(`${folder}/cache/stores/halves`)), [], name);
        continue;
      }
      let models = 0;
      for await (const file of filesIn(await unpacking)) {
        if (!file.endsWith("model.onnx")) continue;
        models += 1;
        const bytes = await Deno.readFile(file);
        deepStrictEqual([bytes.length, bytes[255], bytes.at(-1)], [WEIGHTS, 255, 255], file);
      }
      strictEqual(models, /^(gnu|pax)/.test(name!) ? 2 : 1, name); // one by a long name
    }
    strictEqual((await Array.fromAsync(filesIn(folder))).some((file) => file.includes("slip.onnx")), false);
    strictEqual(await Deno.stat("/tmp/slip.onnx").then(() => true, () => false), false);
    return `${counts.good} unpacked, ${counts.bad} refused`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}
