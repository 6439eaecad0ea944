import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { missingFrom, readErrorText } from "./error_text.ts";

Deno.test("readErrorText() tells the golden library's text, MLRun's sentences and Python's words apart", () => {
  deepStrictEqual(readErrorText("ValueError: boom"), { from: "user", text: "boom" });
  deepStrictEqual(readErrorText("KeyError: 'inputs'"), { from: "python" });
  deepStrictEqual(readErrorText("TypeError: 'NoneType' object is not subscriptable"), { from: "python" });
  deepStrictEqual(readErrorText("ValueError: model m9 doesnt exist, available models: m1 | m3:v1"), {
    from: "mlrun",
    names: ["m9", "m1", "m3:v1"],
  });
});

Deno.test("readErrorText() asks for every quoted name of a sentence that it does not know", () => {
  deepStrictEqual(readErrorText("GraphError: step 'a' hates `b`"), { from: "mlrun", names: ["a", "b"] });
});

Deno.test("missingFrom() lists the names that our text lacks", () => {
  const recorded = "ValueError: Invalid outlet 'x' for 'r'. Allowed outlets are: a, b.";
  strictEqual(missingFrom(recorded, 'Cannot send to "x": behind "r" are "a", "b"'), undefined);
  match(missingFrom(recorded, 'Cannot send to "x": behind "r" is "a"') ?? "", /lacks "b"/);
  match(missingFrom("ValueError: boom", "something else") ?? "", /lacks "boom"/);
  strictEqual(missingFrom("KeyError: 'x'", "anything"), undefined);
  match(missingFrom("TypeError: input_path parameter supports only dict-like event bodies", "no") ?? "", /inputPath/);
});
