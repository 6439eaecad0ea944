import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { type KernelClient, startKernel } from "../../../kernel/client/client.ts";
import { createConnection } from "../../../kernel/message/connection.ts";

const MAIN = decodeURIComponent(new URL("../../../kernel/main.ts", import.meta.url).pathname);

function kernel(args: readonly string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", MAIN, ...args], env, stdout: "piped" });
}

/** Runs code and gives what it printed. */
async function printed(client: KernelClient, code: string): Promise<string> {
  let text = "";
  await client.execute(code, { onOutput: ({ content }) => text += content.text ?? "" });
  return text;
}

const REFUSED: readonly [string, readonly string[], string, RegExp][] = [
  ["no file", [], "", /0 arguments.*\nUsage: /],
  ["two files", ["a", "b"], "", /2 arguments.*\nUsage: /],
  ["a file that is not there", ["/no/such/file.json"], "", /Cannot start the kernel with \/no\/such\/file.json/],
  ["a file that is no JSON", ["FILE"], "{", /Cannot start the kernel with .*: .*JSON/],
  ["a file without ports", ["FILE"], '{"transport":"tcp","ip":"127.0.0.1","key":""}', /shell_port/],
];
for (const [what, args, text, message] of REFUSED) {
  Deno.test(`main() refuses ${what}`, async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, text);
    const { code, stderr } = await kernel(args.map((arg) => arg === "FILE" ? file : arg)).output();
    strictEqual(code, 2);
    match(new TextDecoder().decode(stderr), message);
    await Deno.remove(file);
  });
}

Deno.test("main() says which address is taken", async () => {
  const connection = createConnection();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: connection.control_port });
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify(connection));
  const { code, stderr } = await kernel([file]).output();
  strictEqual(code, 1);
  match(new TextDecoder().decode(stderr), /^Cannot run the kernel: .*in use/);
  ok(taken);
  await Deno.remove(file);
});

Deno.test("runKernel() runs cells, and a SIGINT to its whole group keeps the variables", async () => {
  await using client = await startKernel({ interruptMode: "signal" });
  await client.execute("let kept = 41;");
  const started = Promise.withResolvers<void>();
  const loop = client.execute("console.log('on'); while (true) {}", { onOutput: () => started.resolve() });
  await started.promise;
  await client.interrupt();
  const { status, ename } = await loop;
  deepStrictEqual([status, ename], ["error", "Interrupted"]);
  strictEqual(await printed(client, "console.log(kept + 1)"), "42\n");
});

Deno.test("runKernel() ends by itself when the process that started it is gone", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify(createConnection()));
  const gone = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
  await gone.status;
  const { code } = await kernel([file], { JPY_PARENT_PID: String(gone.pid) }).output();
  strictEqual(code, 0);
  await Deno.remove(file);
});

Deno.test("runKernel() ends by SIGTERM", { ignore: Deno.build.os === "windows" }, async () => {
  const connection = createConnection();
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify(connection));
  const child = kernel([file], { JPY_PARENT_PID: "" }).spawn();
  await heartbeatUp(connection.hb_port);
  child.kill("SIGTERM");
  const { code } = await child.output();
  strictEqual(code, 0);
  await Deno.remove(file);
});

/** Waits until somebody listens; the heartbeat is the last socket that a kernel binds. */
async function heartbeatUp(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
