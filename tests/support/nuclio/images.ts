import type { RunImage } from "../cluster/cluster.ts";

/** What the images of the contract run: a server by Nuclio's health contract, and a program that ends at once. */
export function images(): Readonly<Record<string, RunImage>> {
  const server = new URL("./bare_server.ts", import.meta.url).pathname;
  const run = ["deno", "run", "-A", "--no-config", "--no-lock", server];
  return { "levada/good": { argv: run }, "levada/crash": { argv: [...run, "crash"] } };
}
