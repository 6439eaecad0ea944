import type { OnnxRuntime } from "./onnx_runtime.ts";

/** WebGPU's runtime does one thing at a time: a second run in the midst of another ends the program, without a word. */
export function inTurn(runtime: OnnxRuntime): OnnxRuntime {
  let last: Promise<unknown> = Promise.resolve();
  function turn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  }
  return {
    InferenceSession: {
      create: (model, options) =>
        turn(async () => {
          const session = await runtime.InferenceSession.create(model, options);
          return {
            inputMetadata: session.inputMetadata,
            outputMetadata: session.outputMetadata,
            run: (feeds, fetches, options) => turn(() => session.run(feeds, fetches, options)),
            release: () => turn(() => session.release()),
          };
        }),
    },
  };
}
