import { strictEqual } from "node:assert/strict";
import { readQuantity } from "../../../../../lib/deploy/objects/quantity.ts";

Deno.test("readQuantity() reads each form of Kubernetes, and nothing else", () => {
  const forms: Record<string, number> = {
    "2": 2,
    "0.5": 0.5,
    "500m": 0.5,
    "500000u": 0.5,
    "500000000n": 0.5,
    "1k": 1_000,
    "1Gi": 2 ** 30,
    "128Mi": 2 ** 27,
    "3E": 3e18,
    "1e3": 1_000,
    "2E2": 200,
  };
  for (const [text, number] of Object.entries(forms)) strictEqual(readQuantity(text), number, text);
  strictEqual(readQuantity(3), 3);
  for (const text of ["", "x", "1 Gi", "1gi", "1mi"]) strictEqual(readQuantity(text), NaN, text);
});
