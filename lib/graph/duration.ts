import { z } from "zod";

/** A length of time as text: a whole number and its unit, `500ms`, `30s`, `15m`, `1h`, `2d`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 100 * 366 * 86_400_000; // a century: longer ones are mistakes, and times stay exact numbers

/**
 * Reads a length of time, in milliseconds.
 *
 * @throws {RangeError} If the text is no whole number above 0 with a unit, or more than a century.
 */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  const lengthMs = Number(digits) * (UNITS_MS[unit ?? ""] ?? NaN);
  if (lengthMs > 0 && lengthMs <= LONGEST_MS) return lengthMs;
  throw new RangeError(
    `Cannot read ${
      JSON.stringify(text)
    } as a duration: it is a whole number above 0 with ms, s, m, h or d, at most a century, as in "15m"`,
  );
}

/** A duration among a step's options, which stays text. */
export const DURATION = z.string().superRefine((text, context) => {
  try {
    parseDuration(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as RangeError).message });
  }
});
