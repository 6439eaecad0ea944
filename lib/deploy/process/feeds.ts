import type { Bundle } from "../../bundle/bundle.ts";
import { schedulePath, streamPath } from "../../streams/fed_path.ts";
import { isSchedule } from "../../triggers/trigger.ts";
import { documentOf, functionsOfBundle } from "../settings/deployed_functions.ts";

/** A stream that may feed functions of a bundle. */
export interface BundleFeed {
  /** Its path; secrets in it by name. */
  readonly path: string;
  /** As whom functions of the bundle may read it. */
  readonly groups: readonly string[];
}

/**
 * The streams that feed the functions of a bundle: those of its queues, and of its triggers. A queue within one function stands for
 * none; it is named all the same, as is each function as a reader of each.
 */
export function feedsOf(bundle: Pick<Bundle, "files">): BundleFeed[] {
  const { graph, triggers = {}, ...fn } = documentOf(bundle);
  const groups = functionsOfBundle(bundle).map(({ name }) => name === fn.name ? name : `${fn.name}-${name}`);
  const queues = (graph?.steps ?? []).filter(({ kind }) => kind === "queue");
  const feeds = [
    ...Object.entries(triggers).flatMap(([name, trigger]) =>
      isSchedule(trigger)
        ? groups.map((group) => ({ path: schedulePath(group, name), groups: [group] }))
        : [{ path: trigger.stream, groups: trigger.group === undefined ? groups : [trigger.group] }]
    ),
    ...queues.map(({ name, own }) => ({
      path: streamPath(fn, name, { path: own?.path as string | undefined, home: "local" }),
      groups,
    })),
  ];
  return [...Map.groupBy(feeds, ({ path }) => path)].map(([path, each]) => ({
    path,
    groups: [...new Set(each.flatMap(({ groups }) => groups))],
  }));
}
