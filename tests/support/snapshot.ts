import { strictEqual } from "node:assert/strict";

/**
 * Compares text with a file that lies in `snapshots/` beside the test. With the variable UPDATE_SNAPSHOTS=1 it writes the
 * file instead; read the difference before it is committed.
 */
export async function matchSnapshot(test: string, name: string, text: string): Promise<void> {
  const file = new URL(`snapshots/${name}`, test);
  const actual = text.endsWith("\n") ? text : `${text}\n`;
  if (Deno.env.get("UPDATE_SNAPSHOTS") === "1") {
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, actual);
    return;
  }
  const expected = await Deno.readTextFile(file).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot compare with snapshot ${name}: it is not there. Run with UPDATE_SNAPSHOTS=1 and read it`);
  });
  strictEqual(actual, expected);
}

/** A picture that is the same on every machine: ids in the order of their appearance, numbers cut to 2 decimals. */
export function normalizeSvg(svg: string): string {
  const ids = new Map<string, string>();
  for (const [, id] of svg.matchAll(/ id="([^"]*)"/g)) ids.set(id!, ids.get(id!) ?? `id${ids.size + 1}`);
  return svg
    .replaceAll(/ id="([^"]*)"/g, (_, id) => ` id="${ids.get(id)}"`)
    .replaceAll(/url\(#([^)]*)\)|href="#([^"]*)"/g, (whole, a, b) => whole.replace(a ?? b, ids.get(a ?? b) ?? (a ?? b)))
    .replaceAll(/-?\d+\.\d+/g, (digits) => String(Number(Number(digits).toFixed(2))))
    .replaceAll("><", ">\n<");
}
