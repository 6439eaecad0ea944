import { z } from "zod";
import { COLUMN_TYPE } from "../../stores/column_type.ts";
import { localPath } from "../../stores/local_path.ts";
import { faultOfColumn, parseColumn } from "./row_columns.ts";

/** When a writer writes what it holds. */
export interface FlushOptions {
  /** As soon as it holds so many events, 1 or more. Default 128; for Parquet 10,000. */
  maxEvents?: number;
  /** So many milliseconds after the first event that it holds came. Default 1,000; for Parquet 10,000. */
  flushAfterMs?: number;
}

/** A path of this machine. */
export const PATH = z.string().min(1).refine(isLocal, "is no file of this machine");

function isLocal(path: string): boolean {
  try {
    localPath(path);
    return true;
  } catch {
    return false;
  }
}

/** The options that say when a writer writes. */
export const FLUSH = {
  maxEvents: z.int().min(1).max(1_000_000).optional(),
  flushAfterMs: z.number().positive().optional(),
};

/** A list of columns in the notation `field`, `name=field`, `$key`; a list of partitions may have `$year` and so on. */
export function columnList(isPartition: boolean): z.ZodType<string[]> {
  return z.array(z.string()).min(1).superRefine((columns, context) => {
    const seen = new Set<string>();
    for (const column of columns) {
      const { name } = parseColumn(column);
      const fault = faultOfColumn(column, isPartition) ??
        (seen.has(name.toLowerCase()) ? `${JSON.stringify(name)} is there twice` : undefined);
      if (fault !== undefined) context.addIssue(fault);
      seen.add(name.toLowerCase());
    }
  });
}

/** Types by column. */
export const TYPES = z.record(z.string().min(1), COLUMN_TYPE).optional();
