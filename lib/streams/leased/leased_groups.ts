import { setTimeout as pause } from "node:timers/promises";
import type { StreamGroup } from "../stream_group.ts";
import type { BrokerLog } from "./broker_log.ts";
import { MEMBERS, type Seat } from "./group_member.ts";

const LOOK_MS = 100;

/**
 * The groups of a stream, in the order of their names. Who is alive is told by a beat that changes: where there are members it takes
 * until each was heard, at most a session.
 */
export async function groupsOf(
  log: BrokerLog,
  { sessionMs }: { readonly sessionMs: number },
): Promise<StreamGroup[]> {
  const names = await log.groups!();
  return await Promise.all(
    names.toSorted().map(async (group) => {
      const readers = await countReaders(log, group, sessionMs);
      return { group, readers, heardAt: undefined, isWaitedFor: false };
    }),
  );
}

async function countReaders(log: BrokerLog, group: string, sessionMs: number): Promise<number> {
  const seats = async () => {
    const [document] = await log.readDocuments(group, [MEMBERS]);
    return document === undefined ? [] : JSON.parse(document.text) as Seat[];
  };
  const before = new Map((await seats()).map(([id, beat]) => [id, beat]));
  const alive = new Set<string>();
  const end = performance.now() + sessionMs;
  for (let silent = before.size; silent > 0 && performance.now() < end;) {
    await pause(LOOK_MS);
    const now = await seats();
    for (const [id, beat] of now) if (before.get(id) !== beat) alive.add(id);
    silent = now.filter(([id]) => !alive.has(id)).length;
  }
  return alive.size;
}
