/** What a worker runs: models for the program that started it. */

import { parentPort } from "node:worker_threads";
import { breakOff } from "./break_off.ts";
import { Guest } from "./guest.ts";
import type { Order } from "./message.ts";

const guest = new Guest((report, moved) => parentPort!.postMessage(report, moved), breakOff);
parentPort!.on("message", (order: Order) => void guest.take(order));
