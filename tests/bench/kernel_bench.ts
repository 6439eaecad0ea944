import { strictEqual } from "node:assert/strict";
import { type KernelClient, startKernel } from "../../kernel/client/client.ts";

/** Deno's own kernel, as its kernelspec starts it. */
const DENO = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];

const kernels: Record<string, KernelClient> = {
  "Deno's kernel": await startKernel({ argv: DENO }),
  Levada: await startKernel(),
};

/** The text of a cell's result. Deno's kernel may send it behind idle, so it is asked until it has come. */
async function resultOf(kernel: KernelClient, code: string): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { status } = await kernel.execute(code, {
    onOutput({ header, content }) {
      if (header.msg_type === "execute_result") resolve((content.data as Record<string, unknown>)["text/plain"]);
    },
  });
  strictEqual(status, "ok");
  return await promise;
}

/** Lets the kernels' own work settle: the first cells load what displays need. */
for (const kernel of Object.values(kernels)) {
  for (let n = 0; n < 20; n++) await resultOf(kernel, "20 + 22");
}

for (const [name, kernel] of Object.entries(kernels)) {
  // deno-lint-ignore no-control-regex -- Deno's kernel colours its results
  strictEqual(String(await resultOf(kernel, "20 + 22")).replaceAll(/\u001b\[\d+m/g, ""), "42");
  Deno.bench(name, { group: "execute a trivial cell until idle", baseline: name !== "Levada" }, async () => {
    await kernel.execute("20 + 22");
  });
}

globalThis.addEventListener("unload", () => {
  for (const kernel of Object.values(kernels)) void kernel.kill();
});
