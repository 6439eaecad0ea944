/** Source maps, read just far enough to tell where a place in running code was written. */

/** A place in a text; both count from 0, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE_OF = new Map([...DIGITS].map((digit, value) => [digit, value]));
const CONTINUES = 32; // base64 VLQ: the sixth bit says that more digits follow
const SEGMENT_WITH_SOURCE = 4; // fields: generated column, source, line, column

type Segment = readonly [generated: number, line: number, column: number];

function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = VALUE_OF.get(character) ?? 0;
    value += (digit & (CONTINUES - 1)) << shift;
    shift += 5;
    if (digit & CONTINUES) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}

function decodeMappings(mappings: string): Segment[][] {
  let line = 0;
  let column = 0;
  return mappings.split(";").map((row) => {
    let generated = 0;
    const segments: Segment[] = [];
    for (const field of row.split(",")) {
      const numbers = decodeNumbers(field);
      generated += numbers[0] ?? 0;
      if (numbers.length < SEGMENT_WITH_SOURCE) continue;
      line += numbers[2] ?? 0;
      column += numbers[3] ?? 0;
      segments.push([generated, line, column]);
    }
    return segments;
  });
}

/**
 * Makes a function from places in generated code to places in the source.
 *
 * @param mappings The `mappings` of one source map an entry, the map of the last step first.
 * @returns Undefined for code that nobody wrote. Decodes on the first call.
 */
export function traceBack(mappings: readonly string[]): (position: Position) => Position | undefined {
  let decoded: Segment[][][] | undefined;
  return (position) => {
    decoded ??= mappings.map(decodeMappings);
    let place: Position | undefined = position;
    for (const rows of decoded) {
      const { line, column }: Position = place;
      const row: Segment[] = rows[line] ?? [];
      const segment: Segment | undefined = row.findLast(([generated]) => generated <= column) ?? row[0];
      if (segment === undefined) return undefined;
      place = { line: segment[1], column: segment[2] };
    }
    return place;
  };
}

/** Turns an offset in UTF-16 units into a line and column. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
}
