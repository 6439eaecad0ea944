import type { ServingFunction } from "levada";
import { type Bundle, MANIFEST } from "../../lib/bundle/bundle.ts";
import { describeUnits } from "../../lib/functions/describe_units.ts";

/** A bundle of a function, as far as who plans looks at it. */
export function manifested(fn: ServingFunction): Pick<Bundle, "files"> {
  const manifest = { function: JSON.parse(JSON.stringify(fn)), feeds: describeUnits(fn).feeds };
  return { files: new Map([[MANIFEST, new TextEncoder().encode(JSON.stringify(manifest))]]) };
}
