import { match, strictEqual } from "node:assert/strict";

const ENGINE = new URL("../../../../kernel/engine/", import.meta.url);
const ignore = Deno.build.os === "windows";

/** A kernel that watches over nothing: it starts the engine process, lets a cell's timer run in it, and tells its id. */
const KERNEL = `
const { CdpClient } = await import(${JSON.stringify(new URL("cdp.ts", ENGINE).href)});
const bootstrap = ${JSON.stringify(new URL("bootstrap.ts", ENGINE).href)};
const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "--no-lock", "--inspect=127.0.0.1:0", bootstrap, "file:///"],
  stdin: "piped", stdout: "inherit", stderr: "piped",
}).spawn();
let text = "";
const decoder = new TextDecoder();
const reader = child.stderr.getReader();
while (!/ws:\\S+\\s/.test(text)) text += decoder.decode((await reader.read()).value);
const cdp = await CdpClient.connect(/ws:\\S+/.exec(text)[0], () => {});
const value = async (expression) => (await cdp.call("Runtime.evaluate", { expression })).result.value;
while (!await value("'__levada_engine__' in globalThis"));
await value("setInterval(() => {}, 10); 1");
console.log("up", child.pid);
`;

Deno.test(
  "bootstrap.ts ends its process with its kernel, although a cell's timer runs and nobody watches",
  { ignore },
  async () => {
    const kernel = new Deno.Command(Deno.execPath(), { args: ["eval", KERNEL], stdout: "piped" }).spawn();
    const reader = kernel.stdout.getReader();
    const said = new TextDecoder().decode((await reader.read()).value);
    match(said, /^up \d+\n$/);
    const pid = Number(said.split(" ")[1]);
    kernel.kill("SIGKILL");
    let isRescued = false;
    const rescue = setTimeout(() => {
      isRescued = true;
      Deno.kill(pid, "SIGKILL"); // or a fault would let this test wait for ever
    }, 20_000);
    strictEqual((await reader.read()).done, true); // the engine process holds the pipe as long as it lives
    clearTimeout(rescue);
    strictEqual(isRescued, false);
    await kernel.status;
  },
);
