import { ok, strictEqual } from "node:assert/strict";
import { watchOver } from "../../../../kernel/engine/watch.ts";

const WATCH = new URL("../../../../kernel/engine/watch.ts", import.meta.url).href;
const ignore = Deno.build.os === "windows";

/** A process that does nothing. */
function sleeper(): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: ["60"], stdout: "null" }).spawn();
}

Deno.test("watchOver() ends the process when whoever watches is killed", { ignore }, async () => {
  const watched = sleeper();
  const code = `const { watchOver } = await import(${JSON.stringify(WATCH)}); watchOver(${watched.pid});
console.log("watching"); setInterval(() => {}, 1000);`;
  const watching = new Deno.Command(Deno.execPath(), { args: ["eval", code], stdout: "piped" }).spawn();
  const reader = watching.stdout.getReader();
  await reader.read();
  watching.kill("SIGKILL");
  strictEqual((await watched.status).signal, "SIGKILL");
  await watching.status;
  await reader.cancel();
});

Deno.test("watchOver() lets the process be once it is disposed", { ignore }, async () => {
  const watched = sleeper();
  const watch = watchOver(watched.pid);
  await watch[Symbol.asyncDispose]();
  ok(Deno.kill(watched.pid, "SIGCONT") === undefined, "it is still there");
  watched.kill("SIGTERM");
  strictEqual((await watched.status).signal, "SIGTERM");
});
