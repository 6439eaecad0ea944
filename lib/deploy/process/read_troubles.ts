import { clientOf, openCaller } from "../ask/caller.ts";
import type { ProcessFunctionStatus, SupervisedStatus } from "./deployed_state.ts";

const PATIENCE_MS = 2_000;

/** A stream that a function cannot read, or that takes nothing of it, as it tells by `/ready`. */
interface Told {
  /** Left out by versions that told of reading alone. */
  readonly act?: "read" | "publish";
  readonly stream: string;
  /** ISO 8601. */
  readonly since: string;
  readonly reason: string;
}

/** How a deployment is, and which streams its functions cannot read, or fill: that is a reason, and leaves it ready. */
export async function withTroubles(status: SupervisedStatus): Promise<SupervisedStatus> {
  const functions = await Promise.all(status.functions.map(async (one) => {
    const troubles = one.serving === 0 ? [] : await readTroubles(one).catch(() => []); // it may just have died
    const lines = troubles.map(({ act = "read", stream, since, reason }) =>
      `${act === "read" ? "cannot read" : "waits to publish to"} ${stream} since ${since}: ${reason}`
    );
    if (lines.length === 0) return one;
    return { ...one, reason: [...one.reason === undefined ? [] : [one.reason], ...lines].join("\n") };
  }));
  return { ...status, functions };
}

/** One of its workers answers: all of them read the same streams, and fill the same. */
async function readTroubles({ url, settings }: ProcessFunctionStatus): Promise<readonly Told[]> {
  using caller = await openCaller(settings);
  const response = await fetch(`${url}/ready`, {
    headers: caller.headers,
    ...clientOf(caller),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const { streams = [] } = await response.json() as { readonly streams?: readonly Told[] };
  return streams;
}
