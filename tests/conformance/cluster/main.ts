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
import { runningCommands } from "./release_lab.ts";
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

/**
 * So many subjects are run beside each other, each at a cluster of its own: most of the time a case waits for something. What a case does to its
 * API server, its node and its kinds, no case beside it is told.
 */
const LANES = 2;

/** Runs the suite, or those subjects whose names are given, and prints each result, in this order. */
export async function run({ subjects = Object.keys(CASES) }: { subjects?: readonly string[] } = {}): Promise<Counts> {
  const lack = await lackOfCluster();
  if (lack !== undefined) {
    const names = subjects.flatMap((subject) => (CASES[subject] ?? []).map(({ name }) => `${subject}: ${name}`));
    for (const name of names) console.log(`skip ${name}`);
    const skippedFor = `no control plane can be had here: ${lack}`;
    return { passed: 0, failed: 0, skipped: names.length, skippedFor };
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const results = new InOrder(subjects);
  const left = subjects.map((subject, place) => ({ subject, place }));
  let last: Promise<unknown> = Promise.resolve(); // clusters are started one after the other: they draw their ports
  await Promise.all(Array.from({ length: Math.min(LANES, subjects.length) }, async (_, lane) => {
    const starting = last.then(() => startCluster());
    last = starting.catch(() => {});
    await using cluster = lane === 0 ? await starting : await starting.catch((error: Error) => {
      console.log(`one cluster less than ${LANES}, so it takes longer: ${error.message}`);
      return undefined;
    });
    if (cluster === undefined) return;
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { subject, place } = next;
      for (const one of CASES[subject] ?? []) {
        const { kind, text } = await tried(`${subject}: ${one.name}`, one, cluster);
        counts[kind] += 1;
        results.tell(place, text);
      }
      results.end(place);
    }
  }));
  return counts;
}

/** Lines of subjects that are run beside each other, printed one subject after the other. */
class InOrder {
  readonly #all: { readonly held: string[]; isOver: boolean }[];
  #first = 0;

  constructor(subjects: readonly unknown[]) {
    this.#all = subjects.map(() => ({ held: [], isOver: false }));
  }

  /** A line of the subject at this place. */
  tell(place: number, text: string): void {
    this.#all[place]!.held.push(text);
    this.#print();
  }

  /** Nothing more comes of it. */
  end(place: number): void {
    this.#all[place]!.isOver = true;
    this.#print();
  }

  #print(): void {
    for (; this.#first < this.#all.length; this.#first++) {
      const { held, isOver } = this.#all[this.#first]!;
      for (const text of held.splice(0)) console.log(text);
      if (!isOver) return;
    }
  }
}

/** A case that hangs has failed; the next ones are run. */
const LONGEST_MS = 300_000;

async function tried(
  name: string,
  { needsNode = true, lack, run }: ClusterCase,
  cluster: Cluster,
): Promise<{ readonly kind: "passed" | "failed" | "skipped"; readonly text: string }> {
  const lacking = needsNode && !cluster.hasNode ? "pods need root here" : await lack?.();
  if (lacking !== undefined) return { kind: "skipped", text: `skip ${name}: ${lacking}` };
  const start = performance.now();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done after ${LONGEST_MS / 1000} s`)), LONGEST_MS);
  try {
    await Promise.race([run(cluster), late]);
    return { kind: "passed", text: `pass ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)` };
  } catch (error) {
    const running = runningCommands();
    const seen = [...running, await cluster.kubectl(["get", "pods", "-A"]).catch(String)].join("\n");
    return { kind: "failed", text: `fail ${name}\n${error instanceof Error ? error.stack : error}\n${seen}` };
  } finally {
    clearTimeout(timer);
  }
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run(Deno.args.length === 0 ? {} : { subjects: Deno.args });
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
