import { strictEqual } from "node:assert/strict";
import * as refusal from "../../../../lib/protocol/refusal.ts";

Deno.test("unknownPath() tells which paths there are", () => {
  const { status, message } = refusal.unknownPath("/metrics");
  strictEqual(status, 400);
  strictEqual(
    message,
    'Cannot route path "/metrics": paths are /v2/models, /v2/models/<model>/<operation> and /v2/health',
  );
});

Deno.test("unknownModel() lists the models", () => {
  const { status, message } = refusal.unknownModel("c", ["a", "b"]);
  strictEqual(status, 404);
  strictEqual(message, 'Cannot find model "c": available models are a, b');
});

Deno.test("unknownOperation() lists the operations", () => {
  const { status, message } = refusal.unknownOperation("m", "fly", ["infer", "ready"]);
  strictEqual(status, 400);
  strictEqual(message, 'Cannot do operation "fly" of model "m": its operations are infer, ready');
});

Deno.test("wrongMethod() tells the right ones", () => {
  const { status, message } = refusal.wrongMethod('model "m" to infer', "GET", ["POST"]);
  strictEqual(status, 405);
  strictEqual(message, 'Cannot ask model "m" to infer with method GET: use POST');
});

Deno.test("notReady() is 408, as in MLRun", () => strictEqual(refusal.notReady("m").status, 408));

Deno.test("badRequest() names the model, the key and what to send", () => {
  const { status, message } = refusal.badRequest("m", "the body is empty");
  strictEqual(status, 400);
  strictEqual(
    message,
    'Cannot ask model "m": the body is empty; send a JSON object with the key "inputs", a list with one item a row',
  );
});
