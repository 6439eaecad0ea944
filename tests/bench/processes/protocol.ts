/** Requests and replies of the open inference protocol: read from their bytes to tensors, and written; beside plain JSON by hand. */

import { CASES, readersOf, type Timed, writersOf } from "./protocol_runners.ts";
import { type ProcessRow, timeProcesses } from "./time_processes.ts";

const SCRIPT = new URL("protocol_run.ts", import.meta.url).pathname;

export async function timeProtocol(): Promise<ProcessRow[]> {
  const rows: ProcessRow[] = [];
  for (const tensor of CASES) {
    const { title, values } = tensor;
    const timesOf = (name: string) => values.length < 1_000 || name === "binary" ? 2_000 : 2;
    const group = (direction: string, ways: Readonly<Record<string, Timed>>) => ({
      title: `${direction} ${title}`,
      runners: Object.fromEntries(
        Object.keys(ways).map((name) => [name, {
          script: SCRIPT,
          args: [direction, title, name],
          requests: timesOf(name),
          proof: "as expected",
        }]),
      ),
    });
    rows.push(...await timeProcesses(group("read", readersOf(tensor))));
    rows.push(...await timeProcesses(group("write", writersOf(tensor))));
  }
  return rows;
}
