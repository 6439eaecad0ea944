import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Fault, GraphError, StatusError, StepError } from "../../../lib/errors.ts";

Deno.test("GraphError() lists every fault with its cure, each sentence ended once", () => {
  const faults: readonly Fault[] = [
    { step: "a", cause: 'there is no step "b"', cure: "Add it", severity: "error" },
    { cause: "Load model failed:Protobuf parsing failed.", cure: "Mend the step", severity: "error" },
  ];
  const error = new GraphError('start graph "x"', faults);
  strictEqual(
    error.message,
    'Cannot start graph "x": 2 faults\n  step "a": there is no step "b". Add it\n' +
      "  Load model failed:Protobuf parsing failed. Mend the step",
  );
  deepStrictEqual(error.faults, faults);
});

Deno.test("StatusError() keeps its status, StepError() its step and cause", () => {
  strictEqual(new StatusError(404, "no such model").status, 404);
  const cause = new RangeError("too small");
  const { step, message, cause: kept } = new StepError("size", cause);
  deepStrictEqual([step, message, kept], ["size", 'Step "size" failed: too small', cause]);
});
