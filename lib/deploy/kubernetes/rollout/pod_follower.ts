import { setTimeout as pause } from "node:timers/promises";
import type { ClusterClient } from "../../cluster/cluster_client.ts";
import { ClusterError } from "../../cluster/cluster_error.ts";
import type { ClusterObject } from "../../cluster/cluster_object.ts";
import { followPodLines, type PodLogWish } from "../../cluster/pod_logs.ts";

/** Of what of a pod the lines are read. */
export interface FollowedPod extends Pick<PodLogWish, "namespace" | "pod" | "container" | "lines"> {
  readonly signal: AbortSignal;
}

interface Run {
  /** Which time it runs. */
  readonly count: number;
  readonly hasBegun: boolean;
  readonly isRunning: boolean;
}

const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d) /;

/** What a container of a pod writes: over streams that end, and containers that are started again, until the pod is gone. */
export class PodFollower {
  readonly #client: ClusterClient;
  readonly #wish: FollowedPod;
  #run: Run = { count: 0, hasBegun: false, isRunning: false };
  #isGone = false;
  #changed = Promise.withResolvers<void>();

  constructor(client: ClusterClient, wish: FollowedPod) {
    this.#client = client;
    this.#wish = wish;
  }

  /** Is told how the pod is, whenever that is another. */
  see(pod: ClusterObject, isGone = false): void {
    this.#run = runOf(pod, this.#wish.container);
    this.#isGone = isGone;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Its lines, each once; why they cannot be read is one too. */
  async *lines(): AsyncGenerator<string> {
    const { signal, lines, ...wish } = this.#wish;
    let read: number | undefined; // the run that is read
    let last: string | undefined; // when the last line of it was written
    let alike = 0; // how many were written then: some runtimes stamp all of a burst alike
    let trouble: string | undefined;
    let pauseMs = SHORTEST_PAUSE_MS;
    while (!signal.aborted && !this.#isGone) {
      const changed = this.#changed.promise;
      if (this.#run.hasBegun) {
        const isFirst = read === undefined || read === this.#run.count && last === undefined;
        if (this.#run.count !== read) last = undefined;
        read = this.#run.count;
        let resumed = last;
        let seen = alike;
        const some = { ...wish, ...isFirst && lines !== undefined && { lines }, since: last };
        try {
          for await (const line of followPodLines(this.#client, { ...some, follow: true, withTimes: true, signal })) {
            const [time, text] = split(line);
            if (time !== undefined) {
              if (resumed !== undefined && (time < resumed || time === resumed && seen-- > 0)) continue; // it was read already
              resumed = undefined;
              alike = time === last ? alike + 1 : 1;
              last = time;
            }
            trouble = undefined;
            pauseMs = SHORTEST_PAUSE_MS;
            yield text;
          }
        } catch (error) {
          if (signal.aborted || this.#isGone) return;
          const { message, status = 0 } = error as Partial<ClusterError>;
          if (message !== trouble) yield trouble = message!;
          if (!(error instanceof ClusterError) || status === 401 || status === 403) return;
        }
      }
      const isRunning = this.#run.hasBegun && (this.#run.isRunning || this.#run.count !== read);
      const ending = new AbortController();
      const until = { signal: AbortSignal.any([signal, ending.signal]) };
      const waiting = isRunning
        ? pause(pauseMs, undefined, until)
        : new Promise<void>((go) => signal.addEventListener("abort", () => go(), until));
      await Promise.race([changed, waiting.catch(() => {})]); // one that has ended is read again when it is started again
      ending.abort();
      pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
    }
  }
}

/** How a container of a pod is: others may stand beside it. */
export function runOf({ status }: ClusterObject, container: string): Run {
  const all: readonly Status[] = status?.containerStatuses ?? [];
  const { state, lastState, restartCount = 0 } = all.find(({ name }) => name === container) ?? {};
  const isRunning = state?.running !== undefined;
  const hasBegun = isRunning || state?.terminated !== undefined || lastState?.terminated !== undefined;
  return { count: restartCount, hasBegun, isRunning };
}

interface Status {
  readonly name?: string;
  readonly restartCount?: number;
  readonly state?: Partial<Record<"running" | "terminated" | "waiting", object>>;
  readonly lastState?: Partial<Record<"terminated", object>>;
}

/** When a line was written, so that texts compare as times do, and the line. */
function split(line: string): readonly [time: string | undefined, text: string] {
  const [all = "", second, fraction = ""] = TIME.exec(line) ?? [];
  return second === undefined ? [undefined, line] : [`${second}.${fraction.padEnd(9, "0")}Z`, line.slice(all.length)];
}
