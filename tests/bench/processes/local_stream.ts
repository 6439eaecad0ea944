/** What a record costs on `local://`, published and read, beside a loop of statements that somebody would write by hand. */

import { temporaryFolder } from "../../support/temporary_folder.ts";
import { type ProcessRow, timeProcesses } from "./time_processes.ts";

const RECORDS = 5_000;
const SCRIPT = new URL("local_stream_run.ts", import.meta.url).pathname;

export async function timeLocalStream(): Promise<ProcessRow[]> {
  await using folder = await temporaryFolder();
  const rows: ProcessRow[] = [];
  for (const direction of ["publish", "read"]) {
    const doing = (who: string) => ({
      script: SCRIPT,
      args: [direction, who, `${folder.path}/${direction}-${who}`],
      requests: RECORDS,
      proof: { count: RECORDS, total: RECORDS * (RECORDS - 1) / 2 },
    });
    rows.push(
      ...await timeProcesses({
        title: `${direction} 1 KB on this machine: processor a record`,
        runners: { "node:sqlite by hand": doing("hand"), "local://": doing("stream") },
      }),
    );
  }
  return rows;
}
