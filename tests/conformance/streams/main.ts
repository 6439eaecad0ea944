/** The contract of streams, for every driver that needs nothing but this program. */

import { type OpenLab, streamCases, type StreamLimits } from "./contract.ts";
import { openLocalLab } from "./local_lab.ts";
import { openMemoryLab } from "./memory_lab.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const DRIVERS: Readonly<Record<string, { readonly open: OpenLab; readonly limits?: StreamLimits }>> = {
  memory: { open: openMemoryLab },
  local: { open: openLocalLab },
};

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  let passed = 0;
  let failed = 0;
  for (const [name, { open, limits }] of Object.entries(DRIVERS)) {
    for (const { title, run } of streamCases(limits)) {
      try {
        await run(open);
        passed += 1;
        console.log(`pass ${name}: ${title}`);
      } catch (error) {
        failed += 1;
        console.log(`fail ${name}: ${title}\n${error instanceof Error ? error.stack : error}`);
      }
    }
  }
  return { passed, failed, skipped: 0 };
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
