import type { StreamGroup } from "../stream_group.ts";
import type { LocalDatabase } from "./local_database.ts";
import { IS_WAITED_FOR } from "./local_log.ts";

interface GroupRow {
  readonly name: string;
  readonly readers: number;
  readonly until: number | null;
  readonly waitedFor: number;
}

/** The groups of a stream, in the order of their names. Of a reader that left nothing is kept; one that was killed is known until the next comes. */
export function groupsOf(
  database: LocalDatabase,
  { now, sessionMs }: { readonly now: number; readonly sessionMs: number },
): StreamGroup[] {
  const statement = database.prepare(`SELECT name,
    (SELECT count(*) FROM members WHERE grp = name AND expires_at > ?) AS readers,
    (SELECT max(expires_at) FROM members WHERE grp = name) AS until,
    (SELECT count(*) FROM cursors WHERE grp = name AND ${IS_WAITED_FOR}) AS waitedFor
    FROM groups ORDER BY name`);
  const rows = database.read(() => statement.all(now)) as unknown as GroupRow[];
  return rows.map(({ name, readers, until, waitedFor }) => ({
    group: name,
    readers,
    heardAt: until === null ? undefined : Math.min(now, until - sessionMs),
    isWaitedFor: waitedFor > 0,
  }));
}

/** In a transaction: forgets a group and how far it was, unless somebody reads as it; tells whether it did. */
export function forgetGroup(database: LocalDatabase, group: string, now: number): boolean {
  const { count } = database.prepare("SELECT count(*) AS count FROM members WHERE grp = ? AND expires_at > ?")
    .get(group, now) as { count: number };
  if (count > 0) return false;
  for (const [table, column] of [["members", "grp"], ["cursors", "grp"], ["groups", "name"]]) {
    database.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).run(group);
  }
  return true;
}
