import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { StatusError } from "levada";
import type { ModelCall } from "../../../../lib/graph/monitor.ts";
import { type Watch, watchCall } from "../../../../lib/models/watched.ts";

const HEAD = { model: "m", className: "M", endpointId: undefined, function: "fn", operation: "infer", id: "r1" };

function watched() {
  const calls: ModelCall[] = [];
  const watch = (work: (watch: Watch) => unknown) => watchCall({ record: (call) => void calls.push(call) }, HEAD, work);
  const told = () => calls.map(({ inputs, reply, error }) => ({ inputs, reply, error }));
  return { watch, told };
}

Deno.test("watchCall() tells of a model that throws, whether at once, later or in the midst of a stream", async () => {
  const broken = new RangeError("broken");
  const failed = { inputs: [1], reply: undefined, error: broken };
  const { watch, told } = watched();
  throws(
    () =>
      watch((watch) => {
        watch.inputs = [1];
        throw broken;
      }),
    broken,
  );
  deepStrictEqual(told(), [failed]);
  await rejects(
    async () =>
      await watch((watch) => {
        watch.inputs = [1];
        return Promise.reject(broken);
      }),
    broken,
  );
  deepStrictEqual(told(), [failed, failed]);
  const chunks = watch((watch) => {
    watch.inputs = [1];
    return (function* () {
      yield 1;
      throw broken;
    })();
  }) as AsyncIterable<unknown>;
  await rejects(async () => {
    for await (const _ of chunks);
  }, broken);
  deepStrictEqual(told(), [failed, failed, failed]);
});

Deno.test("watchCall() tells nothing of what no model was asked, nor of what was the caller's fault", () => {
  const { watch, told } = watched();
  throws(() =>
    watch(() => {
      throw new RangeError("not read");
    })
  );
  throws(() =>
    watch((watch) => {
      watch.inputs = [1];
      throw new StatusError(400, "no number");
    })
  );
  deepStrictEqual(told(), []);
});
