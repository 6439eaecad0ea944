/** What a process runs: models for the program that started it. It ends with that program. */

import process from "node:process";
import { Worker } from "node:worker_threads";
import { breakOff } from "./break_off.ts";
import { Guest } from "./guest.ts";
import type { Order } from "./message.ts";
import type { Watched } from "./watched_process.ts";

const watched = JSON.parse(Deno.args[0]!) as Watched;
new Worker(new URL("./watch_process.ts", import.meta.url), { workerData: watched }).unref();
const guest = new Guest((report) => void process.send!(report), breakOff);
process.on("message", (order) => void guest.take(order as Order));
process.on("disconnect", () => process.exit(0));
