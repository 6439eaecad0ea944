import { oneLine } from "../../draw/escape.ts";
import { padTo, widthOf } from "../../draw/text_width.ts";

/** A group, as `--json` has it. */
export interface ToldGroup {
  readonly group: string;
  /** Records that it has not acknowledged. */
  readonly behind: number;
  readonly readers: number;
  /** ISO 8601. */
  readonly heardAt: string | undefined;
  readonly isWaitedFor: boolean;
  /** Whether those who publish wait for it now. */
  readonly isHolding: boolean;
  /** The deployment whose group it is. */
  readonly deployment: string | undefined;
}

/** A stream, as `--json` has it. */
export interface ToldStream {
  readonly stream: string;
  readonly records: number | undefined;
  readonly groups: readonly ToldGroup[];
  /** Why it cannot be asked. */
  readonly reason?: string;
}

/** Streams for people: a line for each group. */
export function streamLines(told: readonly ToldStream[]): string[] {
  const rows = told.flatMap(({ stream, records, groups, reason }) => {
    if (reason !== undefined) return [[stream, "", "", "", oneLine(reason)]];
    const count = records!.toLocaleString("en-US");
    if (groups.length === 0) return [[stream, count, "", "", "nobody has read it"]];
    return groups.map((group, index) => [
      ...index === 0 ? [stream, count] : ["", ""],
      oneLine(group.group),
      group.behind.toLocaleString("en-US"),
      describe(group),
    ]);
  });
  const all = [["STREAM", "RECORDS", "GROUP", "BEHIND", "READERS"], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...all.filter((row) => column === 0 || row[2] !== "").map((row) => widthOf(row[column]!)))
  );
  const isNumber = [false, true, false, true];
  return all.map((row) =>
    row.map((text, column) => column > 3 ? text : padTo(text, isNumber[column] ? -widths[column]! : widths[column]!))
      .join("  ").trimEnd()
  );
}

function describe({ readers, heardAt, isWaitedFor, isHolding, deployment }: ToldGroup): string {
  return [
    readers > 0 ? String(readers) : heardAt === undefined ? "none" : `none, the last was heard of at ${heardAt}`,
    ...deployment === undefined ? [] : [`deployment ${oneLine(deployment)}`],
    ...isHolding && isWaitedFor ? ["those who publish wait for it"] : [],
  ].join(", ");
}
