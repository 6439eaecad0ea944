import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { runFailure, ValuesError } from "../../../../../lib/models/onnx/onnx_refusal.ts";

Deno.test("runFailure() tells what values bring about from what is wrong with the runtime", () => {
  const states = [
    "Non-zero status code returned while running Gather node. Name:'' Status Message: indices element out of data bounds, idx=9",
    "The input tensor cannot be reshaped to the requested shape. Input shape:{3}, requested shape:{2,2}",
    "Failed to allocate memory for requested buffer of size 400",
    "RuntimeError: unreachable",
  ];
  deepStrictEqual(states.map((state) => runFailure(new Error(state)) instanceof ValuesError), [
    true,
    true,
    false,
    false,
  ]);
  const cause = new Error("out of memory");
  strictEqual(runFailure(cause).cause, cause);
  strictEqual(runFailure("lost").message, "Cannot run the model: lost");
});
