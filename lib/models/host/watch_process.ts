/**
 * What a model's process runs beside its model, in a thread of its own, so that it goes on where the model is in a loop: it ends the process
 * when the program that started it is gone, and when the process takes too much memory. A process may do that to itself and see its own
 * memory whatever else it may do.
 */

import process from "node:process";
import { workerData } from "node:worker_threads";
import { MEMORY_SIGNAL, type Watched } from "./watched_process.ts";

const MEMORY_EVERY_MS = 100;
const PARENT_EVERY_MS = 1_000;
const { parent, memoryLimitMb } = workerData as Watched;

setInterval(() => {
  if (Deno.ppid !== parent) process.kill(process.pid, "SIGKILL");
}, PARENT_EVERY_MS);
setInterval(() => {
  if (Deno.memoryUsage().rss > memoryLimitMb * 2 ** 20) process.kill(process.pid, MEMORY_SIGNAL);
}, MEMORY_EVERY_MS);
