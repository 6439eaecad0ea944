/** Reads or writes one tensor in one way, in a process of its own. Its arguments: `read` or `write`, the case's title, the way's name. */

import { deepStrictEqual } from "node:assert/strict";
import { answerLines } from "./answer_lines.ts";
import { CASES, readersOf, writersOf } from "./protocol_runners.ts";

const [direction, title, name = ""] = Deno.args;
const tensor = CASES.find((one) => one.title === title)!;
const { run, result } = (direction === "read" ? readersOf : writersOf)(tensor)[name]!;

await answerLines((times) => {
  let last: unknown;
  for (let n = 0; n < times; n++) last = run();
  return Promise.resolve(() => {
    deepStrictEqual(last, result);
    return "as expected";
  });
});
