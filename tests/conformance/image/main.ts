/** Images: made twice, run without a network, sent to a real registry. */
import { temporaryFolder } from "../../support/temporary_folder.ts";
import type { Counts } from "../main.ts";
import { BUILD_CASES } from "./build_cases.ts";
import { openFolders, openPodman } from "./container.ts";
import { REGISTRY_CASES } from "./registry_cases.ts";
import { RUN_CASES } from "./run_cases.ts";

const WORDS = { passed: "pass", skipped: "skip", failed: "fail" } as const;

/** Runs the cases, and prints each result. */
export async function run(): Promise<Counts> {
  await using folder = await temporaryFolder();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const engines = [];
  for (const open of [openPodman, openFolders]) {
    const engine = await open(folder.path);
    if (typeof engine !== "string") engines.push(engine);
    else {
      console.log(`skip ${open === openPodman ? "podman" : "chroot"}: it runs no images here: ${engine}`);
      counts.skipped += 1;
    }
  }
  try {
    for (const { name, run } of [...BUILD_CASES, ...RUN_CASES, ...REGISTRY_CASES]) {
      const start = performance.now();
      const { kind, why } = await run({ folder: folder.path, engines }).then(
        (lack) =>
          lack === undefined ? { kind: "passed", why: "" } as const : { kind: "skipped", why: `: ${lack}` } as const,
        (error) => ({ kind: "failed", why: `\n${error instanceof Error ? error.stack : error}` }) as const,
      );
      const seconds = ((performance.now() - start) / 1_000).toFixed(1);
      console.log(`${WORDS[kind]} ${name} (${seconds} s)${why}`);
      counts[kind] += 1;
    }
  } finally {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
  }
  return counts;
}
