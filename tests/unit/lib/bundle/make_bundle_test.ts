import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Bundle } from "../../../../lib/bundle/bundle.ts";
import { writeBundle } from "../../../../lib/bundle/bundle_folder.ts";
import { probeBundle } from "../../../../lib/bundle/describe_function.ts";
import { bundleCode, bundleModule } from "../../../../lib/bundle/make_bundle.ts";
import { SlicedModule } from "../../../../lib/bundle/sliced_module.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const MODULE = `import { serving } from "levada";
import { add } from "./add.ts";
export const fn = serving("adds").setParam("by", 2);
fn.setTopology("flow").to("add", (n: number, { param }) => add(n, param("by"))).respond();
`.replace("{ param }", "context").replace("param(", "context.param<number>(");
const ADD = "export function add(a: number, b: number) { return a + b; }\n";

/** A folder with a module that has another beside it. */
async function moduleFolder(more: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries({ "fn.ts": MODULE, "add.ts": ADD, ...more })) {
    await Deno.writeTextFile(join(folder.path, name), text);
  }
  return { ...folder, url: pathToFileURL(join(folder.path, "fn.ts")) };
}

function textOf(bundle: Bundle, path: string): string {
  return new TextDecoder().decode(bundle.files.get(path));
}

Deno.test("bundleModule() gives one module with what it imports, the function as data, and the library", async () => {
  await using folder = await moduleFolder();
  const bundle = await bundleModule(folder.url, { export: "fn" });
  strictEqual(bundle.name, "adds");
  match(bundle.revision, /^[0-9a-f]{12}$/);
  const code = textOf(bundle, "code.js");
  match(code, /^\/\/ fn\.ts\nimport \{ serving \} from "\.\/levada\/mod\.js";\n\n\/\/ add\.ts\nfunction add\(a, b\)/);
  const { name, function: document, files } = JSON.parse(textOf(bundle, "function.json"));
  deepStrictEqual([name, document.params, document.graph.steps[0].name], ["adds", { by: 2 }, "add"]);
  deepStrictEqual([...Object.keys(files), "function.json"], [...bundle.files.keys()]);
  await probeBundle(bundle);
});

Deno.test("bundleModule() gives the same bytes from another folder, and another revision for another code", async () => {
  await using one = await moduleFolder();
  await using other = await moduleFolder();
  await using changed = await moduleFolder({ "add.ts": ADD.replace("+", "-") });
  const bundles = await Promise.all(
    [one, other, changed].map(({ url }) => bundleModule(url, { export: "fn" })),
  );
  deepStrictEqual(bundles[0], bundles[1]);
  ok(bundles[0]!.revision !== bundles[2]!.revision);
  for (const [path, bytes] of bundles[0]!.files) {
    const text = new TextDecoder().decode(bytes);
    for (const place of [one.path, Deno.cwd(), "npm/registry"]) ok(!text.includes(place), `${path} tells ${place}`);
  }
});

Deno.test("what a module does as the main one, it does not do in a bundle", async () => {
  await using folder = await moduleFolder({
    "fn.ts": `${MODULE}if (import.meta.main) throw new Error("run by itself");\n`,
  });
  const { files } = await bundleModule(folder.url, { export: "fn" });
  match(new TextDecoder().decode(files.get("code.js")), /if \(false\) throw new Error/);
});

Deno.test("the source map of a bundle leads back to the module's own lines", async () => {
  await using folder = await moduleFolder();
  const map = JSON.parse(textOf(await bundleModule(folder.url, { export: "fn" }), "code.js.map"));
  deepStrictEqual(map.sources.slice(0, 2).sort(), ["add.ts", "fn.ts"]);
  strictEqual(map.sourcesContent[map.sources.indexOf("add.ts")], ADD);
});

Deno.test("a bundle brings the models that its function names, and files that are asked for; none from elsewhere", async () => {
  const module = MODULE.replace("fn.setTopology", `fn.setParam("modelPath", "model.bin"); fn.setTopology`);
  await using folder = await moduleFolder({ "fn.ts": module, "model.bin": "model", "words.txt": "words" });
  const options = { export: "fn", directory: folder.path };
  const { files } = await bundleModule(folder.url, { ...options, files: ["words.txt"] });
  deepStrictEqual(["model.bin", "words.txt"].map((path) => new TextDecoder().decode(files.get(path))), [
    "model",
    "words",
  ]);
  await rejects(bundleModule(folder.url, { ...options, files: ["../etc", "nothing.txt"] }), {
    name: "BundleError",
    message: `Cannot bundle fn.ts: 2 faults
  file ../etc lies outside of ${folder.path}. Name a file below that folder
  file nothing.txt is not in ${folder.path}. Name a file below that folder`,
  });
});

Deno.test("bundleModule() refuses what is no function, and what does not run, with its words", async () => {
  await using folder = await moduleFolder({ "fn.ts": `export const fn = 1;` });
  await rejects(bundleModule(folder.url, { export: "fn" }), /the export is no function of serving\(\)/);
  await Deno.writeTextFile(folder.url, `throw new RangeError("the disk is on fire"); export const fn = 1;`);
  await rejects(bundleModule(folder.url, { export: "fn" }), /RangeError: the disk is on fire/);
  await Deno.writeTextFile(folder.url, `export { fn } from "./nowhere.ts";`);
  await rejects(bundleModule(folder.url, { export: "fn" }), /Deno cannot bundle it: .*nowhere\.ts/);
});

Deno.test("probeBundle() refuses a bundle whose function does not start", async () => {
  const class_ = `class Step { open() { Deno.readTextFileSync("data.txt"); } do(n: number) { return n; } }`;
  const module = `import { serving } from "levada";\n${class_}\nexport const fn = serving("reads");
fn.setTopology("flow").to("read", Step).respond();`;
  await using folder = await moduleFolder({ "fn.ts": module, "data.txt": "1" });
  const options = { export: "fn", directory: folder.path };
  await rejects(
    bundleModule(folder.url, options).then(probeBundle),
    /^BundleError: Cannot start the bundle of "reads": 1 fault\n {2}step "read": .*data\.txt'?\. Mend the step, then start again$/,
  );
  await probeBundle(await bundleModule(folder.url, { ...options, files: ["data.txt"] }));
});

Deno.test("bundleCode() refuses a secret that would be written into the code", async () => {
  const document = { levada: "function/1", name: "f", params: { apiKey: "***", url: "http://a:***@h", sep: "***" } };
  const view = { name: "f", functions: [], steps: [], edges: [] };
  const code = new SlicedModule({ name: "f", text: "export default {};", document, view, directory: "file:///" });
  await rejects(bundleCode(code), (error: Error) => {
    const told = [...error.message.matchAll(/params\.(\w+) has a secret written out, which does not leave/g)];
    deepStrictEqual(told.map(([, name]) => name).sort(), ["apiKey", "url"]);
    return true;
  });
});

Deno.test("a bundle's own copy of the library has its workers, and finds its models' modules", async () => {
  await using folder = await moduleFolder({
    "fn.ts": `import { type InferRequest, ModelServer, serving } from "levada";
export class Twice extends ModelServer {
  static readonly module = import.meta.url;
  predict({ inputs }: InferRequest) { return inputs.map((n) => 2 * Number(n)); }
}
export const fn = serving("twice");
fn.addModel("two", Twice, { mechanism: "worker" });`,
  });
  await using out = await temporaryFolder();
  const bundle = await bundleModule(folder.url, { export: "fn" });
  await writeBundle(bundle, out.path);
  const ask = `import fn from "./code.js";
const server = await fn.toMockServer();
console.log(JSON.stringify((await server.test("/v2/models/two/infer", { inputs: [3] })).outputs));
await server.close();`;
  await Deno.writeTextFile(join(out.path, "ask.js"), ask);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-npm", "--no-remote", "-A", "ask.js"],
    cwd: out.path,
  }).output();
  deepStrictEqual(new TextDecoder().decode(stdout), "[6]\n", new TextDecoder().decode(stderr));
});
