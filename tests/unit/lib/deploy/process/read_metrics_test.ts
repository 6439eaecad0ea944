import { deepStrictEqual } from "node:assert/strict";
import { readMetrics } from "../../../../../lib/deploy/process/read_metrics.ts";

Deno.test("readMetrics() asks nobody who is known not to answer, and does not wait for that", async () => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => Response.json([]));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const read = async (state: "ready" | "failing" | "unknown", serving: number) =>
    (await readMetrics({ name: "f", url, state, serving })).families;
  deepStrictEqual([await read("ready", 1), await read("failing", 1), await read("unknown", 0)], [[], [], []]);
  deepStrictEqual(await read("failing", 0), undefined);
});
