import { deepStrictEqual, rejects } from "node:assert/strict";
import type { OnnxRuntime } from "../../../../../lib/models/onnx/onnx_runtime.ts";
import { inTurn } from "../../../../../lib/models/onnx/onnx_turn.ts";

/** A fake of WebGPU's runtime, which no machine of the tests has: it notes when it is asked for a second thing in the midst of one. */
function fakeRuntime(log: string[]): OnnxRuntime {
  async function one<Result>(what: string, result: Result): Promise<Result> {
    log.push(`${what} begins`);
    await Promise.resolve();
    log.push(`${what} ends`);
    return result;
  }
  return {
    InferenceSession: {
      create: (model) =>
        one(`create ${model}`, {
          inputMetadata: [],
          outputMetadata: [],
          run: (_feeds, [output]) => one(`run ${output}`, output === "bad" ? Promise.reject(new Error("bad")) : {}),
          release: () => one("release", undefined),
        }),
    },
  };
}

Deno.test("inTurn() lets a runtime do one thing at a time, in order, also behind a failure", async () => {
  const log: string[] = [];
  const runtime = inTurn(fakeRuntime(log));
  const [a, b] = await Promise.all(["a", "b"].map((model) => runtime.InferenceSession.create(model)));
  const bad = a!.run({}, ["bad"]);
  const good = b!.run({}, ["good"]);
  const released = a!.release();
  await rejects(bad, { message: "bad" });
  deepStrictEqual(await good, {});
  await released;
  deepStrictEqual(
    log,
    ["create a", "create b", "run bad", "run good", "release"].flatMap((what) => [`${what} begins`, `${what} ends`]),
  );
});
