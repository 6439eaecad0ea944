import type { Release } from "./release.ts";

/** What was deployed, as whoever did it wrote down: what is wished, and what is being done for it. What runs is told by the objects themselves. */
export interface DeployedReleases {
  /** What was ready last, and is to run; undefined before the first is ready. Its code stands in a ConfigMap of its own. */
  readonly current: Release | undefined;
  /** What ran before, and runs again after a rollback. */
  readonly previous: Release | undefined;
  /** ISO 8601; of the current one. */
  readonly deployedAt: string | undefined;
  /** What is being done, or was broken off: it is written down before anything else is changed. */
  readonly doing?: Doing | undefined;
  /** What of it cannot be read, in words: that is left out, and what runs is told by its objects alone. */
  readonly unread?: string;
}

/** What is being done to a deployment, or was broken off. */
export interface Doing {
  /** `prune`: what is to run is ready, and what it has not any more goes. */
  readonly what: "deploy" | "rollback" | "prune" | "delete";
  /** The revision that is to run then; undefined where none is. */
  readonly to?: string | undefined;
  /** To which of the two a rollback leads: one that was broken off goes on, a deploy that was is taken back. */
  readonly backTo: "current" | "previous";
}

/** What pods run. */
export type Running = Pick<Release, "revision" | "image">;

/**
 * Whether that is what runs, by its revision and its image: of the image a cluster may have put another registry before it, or a digest behind it
 * or in the place of its tag.
 */
export function runsAs(runs: Running, { revision, image }: Running): boolean {
  if (runs.revision !== revision) return false;
  const [there, said] = [partsOf(runs.image), partsOf(image)];
  const path = said.path.replace(/^[^/]*[.:\]][^/]*\/|^localhost\//, "");
  if (there.path !== path && !there.path.endsWith(`/${path}`)) return false;
  if (said.digest !== undefined) return there.digest === said.digest;
  return there.tag === undefined && there.digest !== undefined || (there.tag ?? LATEST) === (said.tag ?? LATEST);
}

const LATEST = "latest"; // what an image without tag and digest is

function partsOf(image: string): { path: string; tag: string | undefined; digest: string | undefined } {
  const [name = "", digest] = image.split("@");
  const [, path = name, tag] = /^(.*):([^/:\]]+)$/.exec(name) ?? [];
  return { path, tag, digest };
}

/**
 * To which of the two a rollback leads.
 *
 * @param runs What runs; undefined where nothing does. Where it is neither of the two, others have applied it, and it is taken back.
 */
export function wayBack({ current, previous, doing }: DeployedReleases, runs: Running | undefined): Doing["backTo"] {
  if (doing !== undefined) return doing.backTo;
  const isOfOthers = runs !== undefined && [current, previous].every((one) => one === undefined || !runsAs(runs, one));
  return isOfOthers && current !== undefined ? "current" : "previous";
}

/**
 * What is written down, for who deploys another release after a rollback that was broken off: from what that led away is nothing to go back to.
 *
 * @param release What is to run; where it is that to which the rollback led, this goes on.
 */
export function settledRecord<Written extends DeployedReleases | undefined>(
  record: Written,
  release: Release,
): Written | DeployedReleases {
  const { previous, doing, current } = record ?? {};
  if (doing?.what !== "rollback" || doing.backTo !== "previous") return record;
  if (previous === undefined || isSame(previous, release)) return record;
  return { ...record!, current: previous, previous: current, doing: { ...doing, backTo: "current" } };
}

/** What a deploy does, once what is written down is settled: where that led which was broken off, it goes on. */
export function deployDoing(record: DeployedReleases | undefined, release: Release): Doing {
  const { doing } = record ?? {};
  const to = doing?.what === "rollback" ? record![doing.backTo] : undefined;
  if (to !== undefined && isSame(to, release)) return doing!;
  return { what: "deploy", to: release.revision, backTo: "current" };
}

/**
 * What runs and what ran before, once a release runs. Before it ran what had another revision or another image: where pods alone are more or
 * fewer, the way back is still the same.
 */
export function recordAfter(
  record: Pick<DeployedReleases, "current" | "previous"> | undefined,
  release: Release,
): Pick<DeployedReleases, "current" | "previous"> {
  const { current: before, previous } = record ?? { current: undefined, previous: undefined };
  return {
    current: release,
    previous: before !== undefined && isSame(before, release) ? previous : before ?? previous,
  };
}

/** Whether one is the other, but for how many pods there are. */
export function isSame(one: Release, other: Release): boolean {
  return one.revision === other.revision && one.image === other.image;
}
