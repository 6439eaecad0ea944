/** Stores against real servers: S3 by versitygw, Azure by Azurite (beside Microsoft's SDK), Google by fake-gcs-server; archives by Python. */

import { archivesOfPython } from "./archive_cases.ts";
import { openAzureLab } from "./azure_lab.ts";
import { STORE_CASES } from "./contract.ts";
import { openGoogleLab } from "./google_lab.ts";
import { modelsFrom, survivesOutage } from "./model_cases.ts";
import { openS3Lab } from "./s3_lab.ts";
import type { StoreLab } from "./store_lab.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const attempt = async (title: string, act: () => Promise<void>) => {
    const started = performance.now();
    try {
      await act();
      counts.passed += 1;
      console.log(`pass ${title} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
      counts.failed += 1;
      console.log(`fail ${title}\n${error instanceof Error ? error.stack : error}`);
    }
  };
  const judge = async (lab: StoreLab) => {
    for (const { title, run } of STORE_CASES) await attempt(`${lab.name}: ${title}`, () => run(lab));
    await attempt(`${lab.name}: a function loads models from it, and refuses broken ones`, () => modelsFrom(lab));
  };
  const judgeAll: Readonly<Record<string, () => Promise<void>>> = {
    async s3() {
      await using lab = await openS3Lab();
      await judge(lab);
      await attempt(
        `${lab.name}: a model starts from what is kept while the server is away`,
        () => survivesOutage(lab),
      );
    },
    async az() {
      await using lab = await openAzureLab();
      await judge(lab);
      const bySas: StoreLab = { ...lab, name: `${lab.name}, by SAS`, options: lab.sas, strangers: {} };
      for (const { title, run } of STORE_CASES.filter(({ title }) => !title.includes("missing"))) {
        await attempt(`${bySas.name}: ${title}`, () => run(bySas)); // a SAS of one container may not ask for another
      }
    },
    async gs() {
      await using lab = await openGoogleLab();
      await judge(lab);
    },
  };
  await attempt("archives that Python writes: good ones are unpacked, hostile ones leave nothing", async () => {
    console.log(await archivesOfPython());
  });
  for (const [name, act] of Object.entries(judgeAll)) {
    await act().catch((error) => {
      counts.failed += 1;
      console.log(`fail ${name}: its server cannot be had\n${error instanceof Error ? error.stack : error}`);
    });
  }
  return counts;
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
