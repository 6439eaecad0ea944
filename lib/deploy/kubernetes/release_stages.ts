import type { Release, ReleasedFunction } from "./release.ts";

/**
 * The functions of a release, in the order in which they are to be ready: who reads a stream before who publishes to it, so that nothing is
 * published before its reader has subscribed. Those that wait for nobody come together.
 */
export function stagesOf({ functions }: Pick<Release, "functions">): ReleasedFunction[][] {
  const stages: ReleasedFunction[][] = [];
  let left = functions;
  while (left.length > 0) {
    const ready = left.filter((fn) => !left.some((other) => other !== fn && isFedBy(other, fn)));
    const stage = ready.length > 0 ? ready : left; // a ring has no beginning
    stages.push([...stage]);
    left = left.filter((fn) => !stage.includes(fn));
  }
  return stages;
}

function isFedBy({ streams }: ReleasedFunction, { publishes = [] }: ReleasedFunction): boolean {
  return streams.some(({ path }) => publishes.includes(path));
}
