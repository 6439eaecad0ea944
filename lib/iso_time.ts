/**
 * The milliseconds since 1970 of a time as ISO 8601 has it; NaN of anything else, since what else `Date.parse` takes depends on the
 * machine. Without an offset it is in UTC, on every machine.
 */
export function parseIsoTime(text: string): number {
  const found = /^\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (found === null) return NaN;
  const [, hours, offset] = found;
  return Date.parse(hours === undefined ? text : `${text.slice(0, 10)}T${hours}${offset ?? "Z"}`);
}
