/** What model monitoring costs a request: a model server's path without its socket, whose records go to a file. */

import { temporaryFolder } from "../../support/temporary_folder.ts";
import { type ProcessRow, timeProcesses } from "./time_processes.ts";

const REQUESTS = 10_000;
const SCRIPT = new URL("monitoring_run.ts", import.meta.url).pathname;

export async function timeMonitoring(): Promise<ProcessRow[]> {
  await using folder = await temporaryFolder();
  const all = Array.from({ length: REQUESTS }, (_, n) => n);
  const keeping = (percent: number) => ({
    script: SCRIPT,
    args: [String(percent), `${folder.path}/${percent}.jsonl`],
    requests: REQUESTS,
    proof: { answered: digest(all), recorded: digest(all.filter((n) => n % 100 < percent)) },
  });
  return await timeProcesses({
    title: "model monitoring: processor a request",
    runners: {
      "nobody monitors": keeping(0),
      "1 % of the requests to a file": keeping(1),
      "all requests to a file": keeping(100),
    },
  });
}

/** How many, and what their rows come to, see `monitoring_run.ts`. */
function digest(numbers: readonly number[]): [count: number, total: number] {
  return [numbers.length, numbers.reduce((total, n) => total + n + 8, 0)];
}
