import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { startKernelProcess } from "../../../../kernel/client/kernel_process.ts";
import { decodeConnection } from "../../../../kernel/message/connection.ts";

/** A program that prints its connection file and then does what `rest` says. */
function program(rest: string): string[] {
  const code = `console.log(Deno.readTextFileSync("{connection_file}")); ${rest}`;
  return [Deno.execPath(), "eval", code];
}

Deno.test("startKernelProcess() writes a connection file with five ports and a key, for the owner's eyes", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const process = await startKernelProcess({
    argv: program('console.error(Deno.cwd(), Deno.env.get("A"), Deno.statSync("{connection_file}").mode! & 0o777)'),
    cwd: folder,
    env: { A: "b" },
  });
  await process.ended;
  await process[Symbol.asyncDispose]();
  await Deno.remove(folder);
  const written = process.written;
  deepStrictEqual(decodeConnection(written.slice(written.indexOf("{"), written.indexOf("}") + 1)), process.connection);
  const { shell_port, iopub_port, stdin_port, control_port, hb_port } = process.connection;
  strictEqual(new Set([shell_port, iopub_port, stdin_port, control_port, hb_port]).size, 5);
  notStrictEqual(process.connection.key, "");
  match(written, new RegExp(`${folder} b ${0o600}`));
});

Deno.test("KernelProcess leaves no process and no file behind", async () => {
  const process = await startKernelProcess({
    argv: [Deno.execPath(), "eval", 'console.log("{connection_file}"); setInterval(() => {}, 1000)'],
  });
  strictEqual(await process.waitForEnd(1), false);
  await process[Symbol.asyncDispose]();
  strictEqual((await process.ended).signal, "SIGKILL");
  strictEqual(await process.waitForEnd(1000), true);
  if (process.written !== "") await rejects(Deno.stat(process.written), Deno.errors.NotFound);
});

Deno.test("KernelProcess keeps the end of what the kernel wrote, without colours", async () => {
  const process = await startKernelProcess({
    argv: [Deno.execPath(), "eval", 'console.error("x".repeat(9000) + "\\x1b[31mthe end\\x1b[0m")'],
  });
  await process.ended;
  await process[Symbol.asyncDispose]();
  ok(process.written.endsWith("xthe end") && process.written.length <= 4000);
});

Deno.test("startKernelProcess() tells what cannot be started", async () => {
  await rejects(startKernelProcess({ argv: ["/no/such/program"] }), {
    name: "KernelError",
    message: /^Cannot start the kernel in .*no\/such\/program/,
  });
  await rejects(startKernelProcess({ cwd: "/no/such/folder" }), { name: "KernelError", message: /\/no\/such\/folder/ });
});
