import type { ModelCounts, ServedModel } from "../../graph/served_model.ts";

const NS_PER_MS = 1e6;
const NOTHING: ModelCounts = { succeeded: 0, succeededMs: 0, failed: 0, failedMs: 0, lastTime: undefined };
const NONE = { count: 0, ns: 0 };

/**
 * What a model was asked, as Triton's statistics extension tells it. A request counts as one inference, however many rows it has; what is
 * not measured here, because there is no such stage, is zero.
 */
export function modelStatistics(model: ServedModel) {
  const { succeeded, succeededMs, failed, failedMs, lastTime = 0 } = model.counts?.() ?? NOTHING;
  const success = { count: succeeded, ns: Math.round(succeededMs * NS_PER_MS) };
  return {
    name: model.name,
    version: model.version ?? "",
    last_inference: Math.round(lastTime),
    inference_count: succeeded,
    execution_count: succeeded,
    inference_stats: {
      success,
      fail: { count: failed, ns: Math.round(failedMs * NS_PER_MS) },
      queue: NONE,
      compute_input: NONE,
      compute_infer: success,
      compute_output: NONE,
      cache_hit: NONE,
      cache_miss: NONE,
    },
    batch_stats: [],
  };
}
