import type { ClusterObject } from "../../cluster/cluster_object.ts";
import { BACK_OFF, endingsOf, type PodState, podState } from "../../cluster/pod_state.ts";
import { Standing } from "./standing.ts";

interface Past {
  /** Whether it was there before. */
  readonly isOld: boolean;
  /** How often each container had ended before. */
  readonly endings: ReadonlyMap<string, number>;
  /** How often its image could not be had since. */
  pulls: number;
  /** The node's word for that, and what a registry said, which the node may leave out while it waits. */
  word: string | undefined;
  said: PodState | undefined;
}

const LOST_PULLS = 2;
const STANDS_MS = 15_000; // what a node could not make for so long, without a word that says why

/** What has become of pods since one looks: what they did before is not the fault of what is to run now. */
export class PodHistory {
  readonly #pasts = new Map<string, Past>();
  readonly #standing: Standing;

  /** Those that were there before. */
  constructor(before: readonly ClusterObject[], now: () => number = () => performance.now()) {
    this.#standing = new Standing(now);
    for (const pod of before) {
      const { trouble } = podState(pod);
      const word = trouble?.kind === "image" ? trouble.word : undefined;
      this.#pasts.set(idOf(pod), { isOld: true, endings: endingsOf(pod), pulls: 0, word, said: undefined });
    }
  }

  /** Whether it was there before. */
  isOld(pod: ClusterObject): boolean {
    return this.#pasts.get(idOf(pod))?.isOld === true;
  }

  /** Is told each change of a pod. */
  see(pod: ClusterObject): void {
    const past = this.#pastOf(pod);
    const state = podState(pod, past.endings);
    const { trouble } = state;
    this.#standing.told(idOf(pod), trouble?.kind === "container");
    if (trouble?.kind !== "image") {
      past.word = past.said = undefined;
      return;
    }
    const isPull = trouble.word !== BACK_OFF;
    if (past.word === undefined || isPull && past.word === BACK_OFF) past.pulls += 1;
    if (isPull || past.said === undefined) past.said = state;
    past.word = trouble.word;
  }

  /** How it is. What may pass counts as lost where it came again, or stands for long. */
  stateOf(pod: ClusterObject): PodState {
    const past = this.#pastOf(pod);
    const state = podState(pod, past.endings);
    switch (state.trouble?.kind) {
      case "image": {
        const { pulls, said = state } = past;
        const isOurs = !/QPS exceeded/i.test(said.reason ?? ""); // of the node, which asks too often; of no registry
        return { ...said, isLost: pulls > 0 && said.trouble!.isFinal || pulls >= LOST_PULLS && isOurs };
      }
      case "container":
        return { ...state, isLost: state.isLost || this.#standing.ms(idOf(pod)) >= STANDS_MS };
      case "failed":
        return { ...state, isLost: false }; // its set makes another
      default:
        return state;
    }
  }

  #pastOf(pod: ClusterObject): Past {
    const id = idOf(pod);
    let past = this.#pasts.get(id);
    if (past === undefined) {
      past = { isOld: false, endings: new Map(), pulls: 0, word: undefined, said: undefined };
      this.#pasts.set(id, past);
    }
    return past;
  }
}

function idOf({ metadata: { uid, name } }: ClusterObject): string {
  return uid ?? name;
}
