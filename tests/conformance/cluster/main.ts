/** A real Kubernetes control plane, and a node whose pods are processes of this machine: what the `kubernetes` target does there. */

import { type Cluster, lackOfCluster, startCluster } from "../../support/cluster/cluster.ts";
import type { Counts } from "../main.ts";
import { APPLY_CASES } from "./apply_cases.ts";
import { CLIENT_CASES } from "./client_cases.ts";
import { type ClusterCase, HARNESS_CASES } from "./cluster_case.ts";
import { REAL_NUCLIO_CASES } from "./nuclio_cases.ts";
import { IMAGE_CASES } from "./image_cases.ts";
import { NUCLIO_POD_CASES } from "./nuclio_pod_cases.ts";
import { LAG_CASES } from "./lag_cases.ts";
import { NLP_CASES } from "./nlp_cases.ts";
import { NOTEBOOK_CASES } from "./notebook_cases.ts";
import { SERVERLESS_CASES } from "./serverless_cases.ts";
import { OWNER_CASES } from "./owner_cases.ts";
import { OBJECT_CASES } from "./object_cases.ts";
import { RECORD_CASES } from "./record_cases.ts";
import { REFUSAL_CASES } from "./refusal_cases.ts";
import { RELEASE_CASES } from "./release_cases.ts";
import { ROLLOUT_CASES } from "./rollout_cases.ts";
import { WATCH_CASES } from "./watch_cases.ts";
import { MANIFEST_CASES } from "./manifest_cases.ts";
import { SCALE_CASES } from "./scale_cases.ts";
import { STORE_CASES } from "./store_cases.ts";
import { STREAM_CASES } from "./stream_cases.ts";

/** One file a subject. */
const CASES: Readonly<Record<string, readonly ClusterCase[]>> = {
  harness: HARNESS_CASES,
  client: CLIENT_CASES,
  serverless: SERVERLESS_CASES,
  apply: APPLY_CASES,
  watches: WATCH_CASES,
  nuclio: [...NUCLIO_POD_CASES, ...REAL_NUCLIO_CASES],
  release: RELEASE_CASES,
  rollout: ROLLOUT_CASES,
  refusal: REFUSAL_CASES,
  owner: OWNER_CASES,
  record: RECORD_CASES,
  objects: OBJECT_CASES,
  lag: LAG_CASES,
  scale: SCALE_CASES,
  notebook: NOTEBOOK_CASES,
  stream: STREAM_CASES,
  manifests: MANIFEST_CASES,
  image: IMAGE_CASES,
  nlp: NLP_CASES,
  store: STORE_CASES,
};

/** Runs the suite, or those subjects whose names are given, and prints each result. */
export async function run({ subjects = Object.keys(CASES) }: { subjects?: readonly string[] } = {}): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const cases = subjects.flatMap((subject) =>
    (CASES[subject] ?? []).map((one) => ({ ...one, name: `${subject}: ${one.name}` }))
  );
  const lack = await lackOfCluster();
  if (lack !== undefined) {
    const skippedFor = `no control plane can be had here: ${lack}`;
    for (const { name } of cases) console.log(`skip ${name}`);
    return { ...counts, skipped: cases.length, skippedFor };
  }
  await using cluster = await startCluster();
  for (const { name, needsNode = true, lack, run } of cases) {
    const lacking = needsNode && !cluster.hasNode ? "pods need root here" : await lack?.();
    if (lacking !== undefined) {
      counts.skipped += 1;
      console.log(`skip ${name}: ${lacking}`);
    } else counts[await tried(name, run, cluster)] += 1;
  }
  return counts;
}

/** A case that hangs has failed; the next ones are run. */
const LONGEST_MS = 300_000;

async function tried(name: string, run: ClusterCase["run"], cluster: Cluster): Promise<"passed" | "failed"> {
  const start = performance.now();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done after ${LONGEST_MS / 1000} s`)), LONGEST_MS);
  try {
    await Promise.race([run(cluster), late]);
    console.log(`pass ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    return "passed";
  } catch (error) {
    console.log(`fail ${name}\n${error instanceof Error ? error.stack : error}`);
    return "failed";
  } finally {
    clearTimeout(timer);
  }
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run(Deno.args.length === 0 ? {} : { subjects: Deno.args });
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
