/** What a process runs: models for the program that started it. It ends with that program. */

import process from "node:process";
import { Worker } from "node:worker_threads";
import { Guest } from "./guest.ts";
import type { Order } from "./message.ts";

const [parent] = Deno.args;
new Worker(new URL("./watch_parent.ts", import.meta.url), { workerData: Number(parent) }).unref();
const guest = new Guest((report) => void process.send!(report));
process.on("message", (order) => void guest.take(order as Order));
process.on("disconnect", () => process.exit(0));
