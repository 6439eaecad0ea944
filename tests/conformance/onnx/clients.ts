/** ONNX models behind `levada serve`, asked by tritonclient. */

import { startServe } from "../../support/serve_process.ts";
import type { Counts } from "./judge_cases.ts";
import { command } from "./packages.ts";

const SERVED = new URL("served.ts", import.meta.url).pathname;
const CASES = new URL("client_cases.py", import.meta.url).pathname;
const EXPECTED = new URL("../../support/onnx/expected.json", import.meta.url).pathname;

/** Serves, asks, and prints what the client found. */
export async function askByClients(python: string): Promise<Counts> {
  await using server = startServe([SERVED]);
  const lines = (await command(python, [CASES, await server.url, EXPECTED])).trim().split("\n");
  console.log(lines.join("\n"));
  const passed = lines.filter((line) => line.startsWith("pass ")).length;
  return { passed, failed: lines.length - passed, skipped: 0 };
}
