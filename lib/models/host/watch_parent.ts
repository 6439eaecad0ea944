/**
 * What a model's process runs beside its model, in a thread of its own: when the program that started it is gone, the process ends, also
 * where the model is in a loop, so that it hears of nothing.
 */

import process from "node:process";
import { workerData as parent } from "node:worker_threads"; // asked here it could be another's already

const EVERY_MS = 1_000;

setInterval(() => {
  if (Deno.ppid !== parent) process.kill(process.pid, "SIGKILL");
}, EVERY_MS);
