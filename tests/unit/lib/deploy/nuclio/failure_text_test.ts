import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { failureIn, failureOf, isTold } from "../../../../../lib/deploy/nuclio/failure_text.ts";

const DEADLINE =
  "\nError - context deadline exceeded\n    .../platform/kube/controller/nucliofunction.go:282\n\nCall stack:\n" +
  "Failed to wait for function resources to be available\n    .../platform/kube/controller/nucliofunction.go:282\n\n";
const HIDDEN =
  "\nError - NuclioFunction in unhealthy state:\n\nError - context deadline exceeded\n    .../nucliofunction.go:282\n\nCall stack:\n" +
  "Failed\n    .../deployer.go:326\nFailed to wait for function readiness.\n\nPod logs:\n\n* nuclio-a-7754fc7cc5-cbznq\n\n* Warning events:\n" +
  'Failed to pull image "nobody/has:this": no image of that name on this node\n\n    .../src/pkg/platform/kube/client/deployer.go:154\n';

Deno.test("failureOf() says what the pods' warnings say, wherever Nuclio hides them, and never a stack of Go", () => {
  const told = [
    failureOf({ state: "unhealthy", message: DEADLINE }),
    failureOf({ state: "unhealthy", message: DEADLINE, logs: [{ message: "Deploying function" }, { err: HIDDEN }] }),
    failureOf({ state: "unhealthy", message: 'Failed to pull image "nobody/has:this": no image\n' }),
    failureOf({
      message: "\nError - NuclioFunction pod (nuclio-a) is in a crash loop\n    .../lazy.go:2975\n\nCall stack:\nx\n",
    }),
    failureOf({}),
  ];
  deepStrictEqual(told, [
    "context deadline exceeded",
    'Failed to pull image "nobody/has:this": no image of that name on this node',
    'Failed to pull image "nobody/has:this": no image',
    "NuclioFunction pod (nuclio-a) is in a crash loop",
    "",
  ]);
});

Deno.test("isTold() knows whether Nuclio has said more than its own deadline", () => {
  deepStrictEqual([
    isTold({ message: DEADLINE }),
    isTold({}),
    isTold({ message: DEADLINE, logs: [{ err: HIDDEN }] }),
    isTold({
      message: "Back-off restarting failed container nuclio\n",
    }),
  ], [false, false, true, true]);
});

Deno.test("failureIn() shows the error of an answer, else its text without tags, cut and without secrets", () => {
  strictEqual(failureIn(`{"error":"Project does not exist","errorStackTrace":"a.go:1"}`), "Project does not exist");
  strictEqual(failureIn("<html><body><h1>504</h1> Gateway\n Time-out</body></html>"), "504 Gateway Time-out");
  strictEqual(failureIn(`{"error":{"a":1}}`), `{"error":{"a":1}}`);
  strictEqual(failureIn("x".repeat(5_000)).length, 601);
  strictEqual(failureIn(`{"error":"token=abcdef123456 is refused"}`), "token=*** is refused");
});
