import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { InstallError, installKernel } from "../../../kernel/install.ts";
import { startKernel } from "../../../kernel/client/client.ts";

interface Spec {
  readonly argv: string[];
  readonly [field: string]: unknown;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "levada install's " });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readSpec(folder: string): Promise<Spec> {
  return JSON.parse(await Deno.readTextFile(`${folder}/kernel.json`));
}

/** Starts what the spec starts, with the shell's text changed first. */
async function start(spec: Spec, change: (script: string) => string): Promise<{ code: number; text: string }> {
  const script = spec.argv[1]!;
  await Deno.writeTextFile(script, change(await Deno.readTextFile(script)));
  const [program, ...args] = spec.argv;
  const { code, stderr } = await new Deno.Command(program!, { args, env: { PATH: "" }, stdout: "null" }).output();
  return { code, text: new TextDecoder().decode(stderr) };
}

Deno.test("installKernel() writes a kernelspec with logos", async () => {
  await inFolder(async (directory) => {
    const folder = await installKernel({ directory, name: "levada-2", displayName: "Second" });
    strictEqual(folder, `${directory}/levada-2`);
    const { argv, ...spec } = await readSpec(folder);
    strictEqual(argv.at(-1), "{connection_file}");
    deepStrictEqual({ ...spec, metadata: {} }, {
      display_name: "Second",
      language: "typescript",
      interrupt_mode: "message",
      kernel_protocol_version: "5.5",
      env: { DENO_NO_UPDATE_CHECK: "1" },
      metadata: {},
    });
    const png = await Deno.readFile(`${folder}/logo-64x64.png`);
    deepStrictEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]); // PNG, signature
    deepStrictEqual([...png.subarray(16, 24)], [0, 0, 0, 64, 0, 0, 0, 64]); // IHDR: width, height
    match(await Deno.readTextFile(`${folder}/logo-svg.svg`), /^<svg /);
  });
});

Deno.test("installKernel() writes a spec that starts the kernel, from any folder, also over itself", async () => {
  await inFolder(async (prefix) => {
    await installKernel({ prefix });
    const folder = await installKernel({ prefix });
    strictEqual(folder, `${prefix}/share/jupyter/kernels/levada`);
    const { argv } = await readSpec(folder);
    await using client = await startKernel({ argv, cwd: prefix });
    const shown: unknown[] = [];
    const { status } = await client.execute('import { serving } from "levada"; typeof serving', {
      onOutput: ({ content }) => shown.push((content.data as Record<string, unknown> | undefined)?.["text/plain"]),
    });
    deepStrictEqual([status, shown.at(-1)], ["ok", '"function"']);
  });
});

Deno.test("installKernel() refuses a name that Jupyter does not take", async () => {
  await rejects(installKernel({ name: "../x", directory: "/nowhere" }), {
    name: "InstallError",
    message: 'Cannot install a kernel as "../x": a name is made of letters, digits, ".", "_" and "-"',
  });
});

Deno.test("installKernel() refuses two places", async () => {
  await rejects(installKernel({ prefix: "/nowhere", user: true }), InstallError);
});

Deno.test("installKernel() does not write over another kernel", async () => {
  await inFolder(async (directory) => {
    await Deno.mkdir(`${directory}/python3`);
    await Deno.writeTextFile(`${directory}/python3/kernel.json`, '{"argv":["python3"]}');
    await rejects(installKernel({ directory, name: "python3" }), /is another kernel\. Give another name$/);
  });
});

Deno.test("installKernel() says what it cannot write", async () => {
  await inFolder(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "");
    await rejects(
      installKernel({ directory: `${directory}/file` }),
      /^InstallError: Cannot write the kernelspec .*file\/levada: /,
    );
  });
});

Deno.test("start.sh says how to mend a spec whose project is gone", async () => {
  await inFolder(async (directory) => {
    const spec = await readSpec(await installKernel({ directory }));
    const { code, text } = await start(spec, (script) => script.replace(/^project=.*$/m, "project='/no/such folder'"));
    strictEqual(code, 1);
    match(
      text,
      /there is no Levada in \/no\/such folder any more\.\nRun `npx -y deno@[\d.]+ task levada kernel install` in/,
    );
    ok(text.includes(`remove ${directory}/levada.`));
  });
});

Deno.test("start.sh looks for another Deno when its own is gone, and says so", async () => {
  await inFolder(async (directory) => {
    const spec = await readSpec(await installKernel({ directory }));
    const { code, text } = await start(spec, (script) => script.replace(/^deno=.*$/m, "deno='/no/such/deno'"));
    strictEqual(code, 1);
    match(
      text,
      /is gone: \/no\/such\/deno\n.* mends this\.\nCannot start the Levada kernel: neither npx nor deno is on the PATH/,
    );
  });
});
