import { type Bundle, MANIFEST } from "../../lib/bundle/bundle.ts";
import { describeUnits } from "../../lib/functions/describe_units.ts";
import type { ServingFunction } from "../../mod.ts";

/** A bundle of a function, with its description and these files, and no code. */
export function bundleOf(fn: ServingFunction, files: Record<string, Uint8Array> = {}): Bundle {
  const manifest = {
    levada: "bundle/1",
    function: JSON.parse(JSON.stringify(fn)),
    feeds: describeUnits(fn).feeds,
    versions: { levada: "0.1.0" },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  return { name: fn.name, revision: "0123456789ab", files: new Map([[MANIFEST, bytes], ...Object.entries(files)]) };
}
