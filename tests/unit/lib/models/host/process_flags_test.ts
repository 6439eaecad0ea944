import { deepStrictEqual, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url)).replace(/\/$/, "");
const RUNS_PROCESSES = [`--allow-run=${Deno.execPath()}`, "--allow-env=NODE_V8_COVERAGE"];

/** Runs a program of a user's, whose folder has a configuration of its own, with what it may; gives what it printed. */
async function run(folder: string, program: string, flags: readonly string[]): Promise<string> {
  const levada = JSON.parse(await Deno.readTextFile(`${ROOT}/imports.json`)) as { imports: Record<string, string> };
  const imports = { ...levada.imports, levada: `${ROOT}/mod.ts`, mylib: "./mylib.ts" };
  const { unstable } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({ imports, unstable, nodeModulesDir: "none", lock: false }),
  );
  await Deno.writeTextFile(`${folder}/mylib.ts`, "export const twice = (n: number): number => n * 2;");
  await Deno.writeTextFile(`${folder}/main.ts`, program);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--no-check", ...flags, `${folder}/main.ts`],
    cwd: "/",
    stdout: "piped",
    stderr: "piped",
  }).output();
  ok(stdout.length > 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** A model that imports by its own configuration, and tells what it can read. */
const MODEL = `
  import { type InferRequest, ModelServer } from "levada";
  import { twice } from "mylib";

  export class Reader extends ModelServer {
    static readonly module = import.meta.url;

    predict({ inputs }: InferRequest): unknown {
      const kept: unknown[] = [];
      if (inputs[0] === "eat") for (;;) kept.push(new Uint8Array(16 * 2 ** 20).fill(1));
      return [twice(21), ...inputs.map((path) => {
        try {
          return Deno.readTextFileSync(String(path)).length;
        } catch (error) {
          return (error as Error).name;
        }
      })];
    }
  }`;

const PROGRAM = (mechanism: string, inputs: readonly string[]) => `
  import { serving } from "levada";
  import { Reader } from "./model.ts";

  const fn = serving("narrow");
  fn.setTopology("router").addRoute("reader", Reader, { mechanism: ${mechanism} });
  await using flow = await fn.start({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  const asked = flow.ask({ inputs: ${JSON.stringify(inputs)} }, { path: "/v2/models/reader/infer" });
  console.log(JSON.stringify(await asked.then(({ outputs }) => outputs, (error) => error.message)));`;

Deno.test("a model's process may what its program may, imports by its module's configuration, and is bounded in memory", async () => {
  await using folder = await temporaryFolder();
  await using other = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/model.ts`, MODEL);
  await Deno.writeTextFile(`${other.path}/secret`, "secret");
  const flags = [`--allow-read=${ROOT},${folder.path}`, ...RUNS_PROCESSES];
  const paths = [`${folder.path}/mylib.ts`, `${other.path}/secret`];
  const ask = async (mechanism: string, inputs: readonly string[]) =>
    JSON.parse(await run(folder.path, PROGRAM(mechanism, inputs), flags));
  deepStrictEqual(await ask('"process"', paths), [42, 50, "NotCapable"]);
  const given = JSON.stringify({ kind: "process", flags: [`--allow-read=${ROOT},${folder.path},${other.path}`] });
  deepStrictEqual(await ask(given, paths), [42, 50, 6]);
  match(await ask('{ kind: "process", memoryLimitMb: 300 }', ["eat"]), /it took more than 300 MB of memory/);
});

Deno.test("processFlags() hands on what is granted as a whole, and of the rest what Levada, the module and the arguments name", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const args = {
    modelPath: `${path}/models/a.onnx`,
    comma: `${path}/models/a,b`,
    from: "https://models.example:8443/m",
    name: "m",
    deep: [""],
  };
  const program = `
    import { processEnv, processFlags } from "${ROOT}/lib/models/host/process_flags.ts";
    const home = { module: "file://${path}/models/model.ts", args: ${JSON.stringify(args)} };
    console.log(JSON.stringify([processFlags(home), processFlags(home, ["--allow-ffi"]), Object.keys(processEnv())]));`;
  const flagsWith = async (...flags: string[]) => JSON.parse(await run(path, program, flags));
  const config = ["--config", `${path}/deno.json`];
  const [all, given] = await flagsWith("--allow-all");
  deepStrictEqual([all, given], [[...config, "--allow-all"], [...config, "--allow-ffi"]]);
  const narrow = [
    `--allow-read=${ROOT},${path}`,
    `--allow-write=${path}/models`,
    "--allow-ffi",
    "--allow-env=HOME,SECRET",
  ];
  deepStrictEqual(await flagsWith(...narrow, "--allow-net=models.example:8443,other.example"), [
    [
      ...config,
      `--allow-read=${ROOT},${path}`,
      `--allow-write=${path}/models`,
      "--allow-net=models.example:8443",
      "--allow-env=HOME",
      "--allow-ffi",
    ],
    [...config, "--allow-ffi"],
    ["HOME"],
  ]);
  const [denied] = await flagsWith(`--allow-read=${ROOT},${path}`, "--allow-net", "--deny-net=bad.example");
  deepStrictEqual(denied, [...config, `--allow-read=${ROOT},${path}`, "--allow-net=models.example:8443"]);
  const [file] = await flagsWith(`--allow-read=${ROOT},${path}/deno.json,${args.modelPath}`);
  deepStrictEqual(file, [...config, `--allow-read=${ROOT},${args.modelPath}`]);
  deepStrictEqual(
    (await flagsWith("--allow-write"))[0],
    ["--allow-write"],
    "a configuration that it may not see is not found",
  );
});
