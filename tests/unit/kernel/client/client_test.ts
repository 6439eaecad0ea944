import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { type KernelClient, startKernel } from "../../../../kernel/client/client.ts";

/** Runs code and tells what was published: `stream:text`, `execute_result:…`. */
async function published(kernel: KernelClient, code: string): Promise<string[]> {
  const heard: string[] = [];
  await kernel.execute(code, {
    onOutput: ({ header, content }) => heard.push(`${header.msg_type}:${content.text ?? content.ename ?? ""}`),
  });
  return heard;
}

Deno.test("KernelClient runs code in a real kernel and hears everything before idle", async () => {
  await using kernel = await startKernel();
  strictEqual(kernel.info.implementation, "levada");
  strictEqual(kernel.info.language_info.name, "typescript");
  deepStrictEqual(await published(kernel, 'console.log("a"); 1'), ["execute_input:", "stream:a\n", "execute_result:"]);
  const reply = await kernel.execute('throw new RangeError("too far")');
  deepStrictEqual([reply.status, reply.executionCount, reply.ename, reply.evalue], [
    "error",
    2,
    "RangeError",
    "too far",
  ]);
  strictEqual((await kernel.execute("1")).status, "ok");
});

Deno.test("startKernel() leaves no key on the disk, whatever becomes of this process", async () => {
  const [folder, before] = [await Deno.makeTempDir(), Deno.env.get("TMPDIR")];
  Deno.env.set("TMPDIR", folder);
  try {
    await using kernel = await startKernel();
    deepStrictEqual([...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("levada-kernel-")), []);
    strictEqual((await kernel.execute("1")).status, "ok");
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("interrupt() ends a loop, and the kernel goes on with its variables", async () => {
  await using kernel = await startKernel();
  await kernel.execute("let count = 41;");
  const started = Promise.withResolvers<void>();
  const running = kernel.execute("while (true) {}", {
    onOutput: ({ header }) => header.msg_type === "execute_input" && started.resolve(),
  });
  await started.promise;
  await kernel.interrupt();
  strictEqual((await running).status, "error");
  const values: unknown[] = [];
  await kernel.execute("count + 1", { onOutput: ({ content }) => values.push(content.data) });
  deepStrictEqual(values.at(-1), { "text/plain": "42" });
});

Deno.test("execute() tells that the kernel died instead of waiting for ever", async () => {
  await using kernel = await startKernel();
  const heard = Promise.withResolvers<number>();
  const running = kernel.execute("console.log(Deno.ppid); await new Promise(() => setInterval(() => {}, 1000))", {
    onOutput: ({ content }) => typeof content.text === "string" && heard.resolve(Number(content.text)),
  });
  const lost = rejects(running, {
    name: "KernelError",
    message: /^The kernel is lost: the kernel's process ended with signal SIGKILL/,
  });
  Deno.kill(await heard.promise, "SIGKILL"); // the engine's parent is the kernel
  await lost;
  await rejects(kernel.execute("1"), { name: "KernelError" });
});

Deno.test("execute() ends with its signal's reason", async () => {
  await using kernel = await startKernel();
  const abort = new AbortController();
  const running = kernel.execute("while (true) {}", {
    signal: abort.signal,
    onOutput: () => abort.abort(new Error("enough")),
  });
  await rejects(running, { message: "enough" });
  await rejects(kernel.execute("1", { signal: abort.signal }), { message: "enough" });
  await kernel.kill();
});

Deno.test("startKernel() tells what a kernel wrote that ends at once", async () => {
  const argv = [Deno.execPath(), "eval", 'console.error("no models here"); Deno.exit(3)'];
  await rejects(startKernel({ argv }), {
    name: "KernelError",
    message: /^Cannot start the kernel: its process ended with code 3\nIt wrote:\nno models here$/,
  });
});

const MAIN = new URL("../../../../kernel/main.ts", import.meta.url).pathname;

Deno.test("startKernel() chooses other ports where another program was faster, and gives up where that does not help", async () => {
  const folder = await Deno.makeTempDir();
  /** A kernel that finds its ports taken so many times; a line in a file for each try. */
  const argv = (times: number) => {
    const code = `const { length } = Deno.readTextFileSync("${folder}/ports").split("\\n");
const { shell_port } = JSON.parse(Deno.readTextFileSync("{connection_file}"));
Deno.writeTextFileSync("${folder}/ports", shell_port + "\\n", { append: true });
if (length <= ${times}) { console.error("Cannot run the kernel: Address already in use (os error 98)"); Deno.exit(1); }
const { status } = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", "${MAIN}", "{connection_file}"] }).spawn();
Deno.exit((await status).code);`;
    return [Deno.execPath(), "eval", code];
  };
  const ports = async () => new Set((await Deno.readTextFile(`${folder}/ports`)).trim().split("\n"));
  await Deno.writeTextFile(`${folder}/ports`, "");
  {
    await using kernel = await startKernel({ argv: argv(2) });
    strictEqual((await kernel.execute("1")).status, "ok");
  }
  strictEqual((await ports()).size, 3);
  await Deno.writeTextFile(`${folder}/ports`, "");
  await rejects(startKernel({ argv: argv(9) }), {
    name: "KernelError",
    message:
      /^Cannot start the kernel: its process ended with code 1\nIt wrote:\nCannot run the kernel: Address already in use/,
  });
  strictEqual((await ports()).size, 3);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("startKernel() gives up a kernel that does not answer", async () => {
  const argv = [Deno.execPath(), "eval", "setInterval(() => {}, 1000)"];
  await rejects(startKernel({ argv, readyMs: 300 }), {
    message: "Cannot start the kernel: it did not answer within 0.3 s",
  });
});

Deno.test("startKernel() ends with its signal's reason", async () => {
  const argv = [Deno.execPath(), "eval", "setInterval(() => {}, 1000)"];
  await rejects(startKernel({ argv, signal: AbortSignal.abort(new Error("enough")) }), { message: "enough" });
});

Deno.test("KernelClient drives another kernel: Deno's own", async () => {
  const argv = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
  await using kernel = await startKernel({ argv });
  match(kernel.info.implementation, /Deno/);
  strictEqual((await kernel.execute("1 + 1")).status, "ok");
});

Deno.test("kernel/client reaches the kernel through sockets alone", async () => {
  const graph = await moduleGraph(new URL("../../../../lib/cli/execute.ts", import.meta.url));
  const inside = ["session", "engine", "language", "show"].map((room) => `/kernel/${room}/`);
  deepStrictEqual(
    graph.filter((module) => inside.some((room) => module.includes(room)) || module.endsWith("/kernel/main.ts")),
    [],
  );
  ok(graph.some((module) => module.endsWith("/kernel/client/client.ts")));
  ok(graph.some((module) => module.endsWith("/kernel/socket/connected.ts")));
});

/** Every module that a module imports, directly or not, as Deno sees it. */
async function moduleGraph(entry: URL): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry.href], stderr: "null" })
    .output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  return modules.map(({ specifier }) => specifier);
}
