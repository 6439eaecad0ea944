import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { FunctionLog } from "../../../../../lib/cli/supervisor/function_log.ts";
import { readLogs } from "../../../../../lib/deploy/process/read_logs.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("FunctionLog writes lines, begins anew where the file is too long, and remembers the last twenty", async () => {
  await using folder = await temporaryFolder();
  const log = new FunctionLog(folder.path, "a/b");
  const file = join(folder.path, "a%2Fb.log");
  log.write("x".repeat(10_000_000));
  for (let n = 0; n < 30; n++) log.write(`line ${n}`);
  strictEqual((await Deno.stat(`${file}.1`)).size, 10_000_001);
  strictEqual((await Deno.readTextFile(file)).split("\n")[0], "line 0");
  deepStrictEqual([log.last.length, log.last[0], log.trouble], [20, "line 10", undefined]);
});

Deno.test("FunctionLog goes on where it cannot be written, and says why", async () => {
  await using folder = await temporaryFolder();
  const log = new FunctionLog(join(folder.path, "none"), "a");
  log.write("line");
  match(log.trouble!, /^its log cannot be written: .*No such file/);
  await Deno.mkdir(join(folder.path, "none"));
  log.write("line");
  strictEqual(log.trouble, undefined);
});

Deno.test("readLogs() gives whole lines of each function with its name, the last of them, and those to come", async () => {
  await using folder = await temporaryFolder();
  const logs = new FunctionLog(folder.path, "one");
  const other = new FunctionLog(folder.path, "two");
  for (const n of [1, 2, 3]) logs.write(`ü ${n}`);
  other.write("first");
  const there = await Array.fromAsync(readLogs({ logs: folder.path }, ["one", "two", "three"], { lines: 2 }));
  deepStrictEqual(there, ["one | ü 2", "one | ü 3", "two | first"]);
  const abort = new AbortController();
  const following = readLogs({ logs: folder.path }, ["one", "two"], {
    function: "two",
    follow: true,
    signal: abort.signal,
  });
  strictEqual((await following.next()).value, "first");
  other.write("second");
  strictEqual((await following.next()).value, "second");
  abort.abort();
  strictEqual((await following.next()).done, true);
});
