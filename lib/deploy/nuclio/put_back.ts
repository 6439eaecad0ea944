import { isDeepStrictEqual } from "node:util";
import type { DashboardClient } from "./dashboard_client.ts";
import { followUntilReady, type FollowWish, isReady, untilIdle } from "./follow_state.ts";
import type { NuclioFunction } from "./nuclio_function.ts";
import { RECORD, whoWrote } from "./release_record.ts";
import { CONFLICTS, isConflict, saidOf } from "./versions.ts";

/** What was begun, and by what it is known. */
export interface BackWish extends Pick<FollowWish, "act" | "untilMs"> {
  /** The record that was written into it. */
  readonly record: string;
}

/**
 * Has a function be as it was, or not be where there was none; but not what somebody else has made of it since.
 *
 * @throws {Error} If it is somebody else's now, or it cannot be put back.
 */
export async function putBack(
  client: DashboardClient,
  { name, is }: { readonly name: string; readonly is: NuclioFunction | undefined },
  wish: BackWish,
): Promise<void> {
  if (is !== undefined && !await untilIdle(client, name, wish)) throw new Error("Nuclio is still busy with it");
  for (let tries = 1;; tries++) {
    const now = await client.read(name);
    if (now === undefined && is === undefined) return;
    if (now === undefined) throw new Error("somebody has deleted it");
    if (now.metadata.annotations?.[RECORD] !== wish.record) {
      if (is !== undefined && isDeepStrictEqual(saidOf(now), saidOf(is))) return; // it was never changed
      throw new Error(`${whoWrote(now, is)} has changed it since, and it stays so`);
    }
    const { resourceVersion: version } = now.metadata;
    try {
      if (is === undefined) return await client.remove(name, { force: true, version });
      const { metadata: { resourceVersion: _, ...metadata }, spec } = is;
      await client.replace({
        metadata: { ...metadata, ...version !== undefined && { resourceVersion: version } },
        spec,
      });
      break;
    } catch (error) {
      if (!isConflict(error) || tries >= CONFLICTS) throw error;
    }
  }
  if (isReady(is.status ?? {})) await followUntilReady(client, name, wish);
}
