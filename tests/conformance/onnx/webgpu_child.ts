/** Runs cases on WebGPU: the suite starts it with `--unstable-webgpu` and a driver. Reads cases line by line, writes outcomes so. */

import { createInterface } from "node:readline";
import process from "node:process";
import { findAdapter } from "../../../lib/models/onnx/onnx_backend.ts";
import { runCase } from "./recorded_case.ts";

const { kind, name } = await findAdapter();
console.log(JSON.stringify({ kind, name }));
if (kind !== "none") {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await runCase(JSON.parse(line), "webgpu")));
  }
}
Deno.exit(0);
