import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { start } from "../../../../../lib/flow/start.ts";
import { startWorker } from "../../../../../lib/flow/worker.ts";
import { compile } from "../../../../../lib/graph/compile.ts";
import { Graph } from "../../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../../lib/graph/source.ts";
import { rowOf } from "../../../../../lib/streams/local/local_row.ts";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { deadLetters } from "../../../../../lib/streams/dead_letters.ts";
import { settle, TestClock } from "../../../../../lib/testing/test_clock.ts";
import { memoryLog } from "../../../../support/run_graph.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("rowOf() says of each kind of damage that it is damage, and keeps the bytes", () => {
  const bytes = new Uint8Array([1]);
  const good = { offset: 3, publishedAt: 5, head: '{"key":"k","headers":{"a":"b"}}', bytes };
  deepStrictEqual(rowOf(good), { offset: 3, publishedAt: 5, key: "k", headers: { a: "b" }, bytes });
  const heads = ["{", "null", "", "1", '{"key":1,"headers":{}}', '{"headers":{"a":1}}', "{}", null, 5, bytes];
  for (const head of heads) {
    const read = rowOf({ ...good, head });
    deepStrictEqual([read.key, read.headers, read.bytes], [undefined, {}, bytes], String(head));
    strictEqual(
      /^in a record that is damaged in the file: its key and headers are "/.test(read.damage!),
      true,
      String(head),
    );
  }
  strictEqual(rowOf({ ...good, bytes: "text", publishedAt: null }).damage !== undefined, true);
  strictEqual(rowOf({ ...good, bytes: null }).bytes.length, 0);
});

Deno.test("one damaged record of local:// becomes one letter; those beside it are worked on, at their first try", async () => {
  await using folder = await temporaryFolder();
  const clock = new TestClock();
  const options = { folder: folder.path, clock };
  await using input = await openLocal<number>("local://s?partitions=1", options);
  await input.publish([1, 2, 3].map((body) => ({ body, id: `r${body}` })));
  using file = new DatabaseSync(join(folder.path, "s.db"));
  file.exec("UPDATE records_0 SET head = '{\"key\":' WHERE offset = 1");
  const seen: number[] = [];
  const done = Promise.withResolvers<void>();
  const graph = new Graph<number>("g");
  graph.to("see", (n: number) => {
    seen.push(n);
    if (n === 3) done.resolve();
  });
  const log = memoryLog();
  const surroundings = { isMock: true, params: new Map(), log, clock };
  const flow = await start(compile(sourceOf(graph)), { surroundings });
  const stream = await openLocal("local://s", options);
  const running = await startWorker([{ stream, group: "g" }], { flow, clock, log });
  await done.promise;
  await settle();
  await running.close();
  deepStrictEqual([seen, await input.lag("g")], [[1, 3], 0]);
  const letters = await deadLetters("local://s", options).list();
  deepStrictEqual(letters.map(({ error, body, burial }) => [error?.name, body, burial?.tries]), [["TypeError", 2, 1]]);
  strictEqual(/^The body is in a record that is damaged in the file: its key/.test(letters[0]!.error!.message), true);
});
