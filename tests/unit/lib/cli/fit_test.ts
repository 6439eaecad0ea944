import { strictEqual } from "node:assert/strict";
import { fit } from "../../../../lib/cli/fit.ts";

Deno.test("fit() leaves what fits, cuts what does not, and counts signs rather than their halves", () => {
  strictEqual(fit("water", 5), "water");
  strictEqual(fit("waters", 5), "wate…");
  strictEqual(fit("🚰🚰🚰", 3), "🚰🚰🚰");
  strictEqual(fit("🚰🚰🚰🚰", 3), "🚰🚰…");
});

Deno.test("fit() lets nothing through that moves a cursor", () => {
  strictEqual(fit("a\x1b[2J\nb", 10), "a [2J b");
});
