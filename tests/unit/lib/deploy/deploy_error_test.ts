import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DeployError } from "../../../../lib/deploy/deploy_error.ts";

Deno.test("DeployError() tells what others have written without moving the cursor of who reads it", () => {
  const { message, lines } = new DeployError("deploy", "root\x1b[2J says\n  no", { lines: ["\tat\r\u009b1A"] });
  strictEqual(message, "Cannot deploy: root\\u001b[2J says\n  no\n  \tat\\r\\u009b1A");
  deepStrictEqual(lines, ["\tat\\r\\u009b1A"]);
});
