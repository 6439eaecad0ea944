import { rejects } from "node:assert/strict";
import { LAB } from "../../../../lib/cli/lab.ts";

const CONTEXT = {
  terminal: { out: () => {}, err: () => {}, isInteractive: false, columns: 100 },
  signal: new AbortController().signal,
};

const REFUSED: readonly [string[], RegExp][] = [
  [["--browser"], /^UsageError: Unknown option '--browser'/],
  [["--port", "http"], /^UsageError: --port takes a number from 1 to 65535: got "http"/],
  [["--port", "70000"], /^UsageError: --port takes a number/],
  [["a", "b"], /^UsageError: it opens one folder or notebook: got 2/],
  [["/no/such/folder"], /^CommandError: Cannot open "\/no\/such\/folder": there is no such folder or notebook/],
];
for (const [args, message] of REFUSED) {
  Deno.test(`LAB.run() refuses ${args.join(" ")}`, async () => {
    await rejects(LAB.run(args, CONTEXT), message);
  });
}
