import type { ClusterObject } from "./cluster_object.ts";

/** How a pod is. */
export interface PodState {
  readonly name: string;
  readonly isReady: boolean;
  /** Whether it will not come to be ready by waiting, as far as one look can tell. */
  readonly isLost: boolean;
  /** Why it is not ready, in words. */
  readonly reason: string | undefined;
  /** What keeps it from being ready, and may not pass. */
  readonly trouble?: PodTrouble;
  /** A container whose last words tell more. */
  readonly speaks?: { readonly container: string; readonly before: boolean };
}

/** What keeps a pod from being ready. */
export interface PodTrouble {
  /** An image is not there; a container cannot be made, or has ended; or the pod was given up, and its set makes another. */
  readonly kind: "image" | "container" | "ended" | "failed";
  /** Whether its words say that it will be the same the next time. */
  readonly isFinal: boolean;
  /** How often the container has ended, as far as that is news. */
  readonly endings: number;
  /** The node's word for it, `ErrImagePull`. */
  readonly word: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly exitCode: number; readonly signal?: number };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** So often a container ends before it counts as lost: once or twice may be a broker that is not there yet. */
export const LOST_ENDINGS = 3;
/** The node waits before it tries to have the image once more; what it was refused with stands there, or stood before. */
export const BACK_OFF = "ImagePullBackOff";

const FINAL_IMAGE = ["InvalidImageName", "ErrImageNeverPull", "SignatureValidationFailed"];
const IMAGE = ["ErrImagePull", BACK_OFF, "RegistryUnavailable", "ImageInspectError", ...FINAL_IMAGE];
const CONTAINER = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];
/** What a node says until a container can begin: it does not tell whether it still pulls. */
const MADE = ["ContainerCreating", "PodInitializing"];
/** What registries say of images that are not there, or not for who asks. */
const NO_IMAGE =
  /not found|(manifest|name) unknown|denied|unauthori[sz]ed|forbidden|authentication required|authorization failed|\b40[134]\b|no match/i;
/** What is asked for wrongly of a container. */
const WRONG = /not found|couldn't find key|non-?root|as root|no such file|permission denied|invalid/i;
/** What is said of a way, or of one who has too much to do. */
const MAY_PASS =
  /\b429\b|too ?many ?requests|rate limit|QPS exceeded|\b5\d\d\b|time(d )?-?out|deadline exceeded|no such host|server misbehaving|connection re|EOF/i;

/**
 * How a pod is, and why it is not ready: in the words of its node, which come long before a rollout's deadline.
 *
 * @param before How often each container had ended when one began to look, which is no news. Default: never.
 */
export function podState(
  { metadata: { name }, status }: ClusterObject,
  before: ReadonlyMap<string, number> = new Map(),
): PodState {
  const conditions: readonly Condition[] = status?.conditions ?? [];
  if (conditions.some(({ type, status }) => type === "Ready" && status === "True")) {
    return { name, isReady: true, isLost: false, reason: undefined };
  }
  const not = { name, isReady: false, isLost: false };
  const { phase, reason, message } = (status ?? {}) as { phase?: string; reason?: string; message?: string };
  if (phase === "Failed") {
    const trouble = { kind: "failed", isFinal: true, endings: 1, word: reason ?? phase } as const;
    return { ...not, isLost: true, reason: message ?? reason ?? "it failed", trouble };
  }
  const scheduled = conditions.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    const why = scheduled.message ?? scheduled.reason ?? "the scheduler gives no reason";
    return { ...not, reason: `no node takes it: ${why}` };
  }
  const containers = containersOf(status);
  for (const container of containers) {
    const who = containers.length === 1 ? undefined : `container "${container.name}"`;
    const seen = containerState(container, { who, before: before.get(container.name) ?? 0 });
    if (seen !== undefined) return { ...not, ...seen };
  }
  const isBeingMade = containers.some(({ state }) => MADE.includes(state?.waiting?.reason ?? ""));
  const why = isBeingMade ? "its image is pulled, or its volumes are mounted" : "it is not ready yet";
  return { ...not, reason: containers.length === 0 ? "it is on its way to a node" : why };
}

/** How often each container of a pod has ended. */
export function endingsOf({ status }: ClusterObject): ReadonlyMap<string, number> {
  return new Map(containersOf(status).map((container) => [container.name, endings(container)]));
}

function containersOf(status: ClusterObject["status"]): readonly ContainerStatus[] {
  return [...status?.initContainerStatuses ?? [], ...status?.containerStatuses ?? []];
}

/** A node counts those that it has started again; one that waits for that has ended too. */
function endings({ restartCount = 0, state, lastState }: ContainerStatus): number {
  const isDown = state?.terminated !== undefined || state?.waiting !== undefined && lastState?.terminated !== undefined;
  return restartCount + (isDown ? 1 : 0);
}

function containerState(
  container: ContainerStatus,
  { who, before }: { readonly who: string | undefined; readonly before: number },
): Omit<PodState, "name" | "isReady"> | undefined {
  const { name, ready, state = {}, lastState = {} } = container;
  const { waiting, terminated = lastState.terminated } = state;
  const { reason: word = "", message = "" } = waiting ?? {};
  const text = message.replaceAll(/"[^"]*"/g, ""); // names are no words
  const told = (what: string) => `${what} (${word}): ${message}`.trimEnd();
  if (IMAGE.includes(word)) {
    const isFinal = FINAL_IMAGE.includes(word) || NO_IMAGE.test(text) && !MAY_PASS.test(text);
    const isLost = isFinal || word === BACK_OFF && !/: ./.test(text);
    return {
      isLost,
      reason: told(`${who === undefined ? "its image" : `the image of its ${who}`} cannot be had`),
      trouble: { kind: "image", isFinal, endings: 0, word },
    };
  }
  if (CONTAINER.includes(word)) {
    const isFinal = WRONG.test(text) && !MAY_PASS.test(text);
    return {
      isLost: isFinal,
      reason: told(`${who === undefined ? "its container" : `its ${who}`} cannot be made`),
      trouble: { kind: "container", isFinal, endings: 0, word },
    };
  }
  if (terminated === undefined || ready || (terminated.exitCode === 0 && waiting === undefined)) return undefined;
  const isFinal = terminated.reason === "OOMKilled";
  const how = isFinal
    ? "took more memory than it may"
    : terminated.signal === undefined || terminated.signal === 0
    ? `ended with ${terminated.exitCode}`
    : `was ended by signal ${terminated.signal}`;
  const news = Math.max(0, endings(container) - before);
  return {
    isLost: news >= LOST_ENDINGS || isFinal && news > 0,
    reason: `${who === undefined ? "it" : `its ${who}`} ${how}${news > 1 ? `, ${news} times` : ""}`,
    trouble: { kind: "ended", isFinal, endings: news, word: terminated.reason ?? "" },
    speaks: { container: name, before: state.terminated === undefined },
  };
}
