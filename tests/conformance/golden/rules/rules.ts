/** Where Levada answers differently on purpose. A rule says what our answer must be instead; it never just lets one pass. */

import type { Rule } from "../rule.ts";
import { API_RULES } from "./api.ts";
import { BODY_RULES } from "./bodies.ts";
import { BUILD_RULES } from "./builds.ts";
import { CHOICE_RULES } from "./choices.ts";
import { ERROR_RULES } from "./errors.ts";
import { FLOW_RULES } from "./flows.ts";
import { HANDLER_RULES } from "./handlers.ts";
import { LOOK_RULES } from "./looks.ts";
import { MODEL_RULES } from "./models.ts";
import { RUNNER_RULES } from "./model_runners.ts";
import { PARALLEL_RULES } from "./parallel_runs.ts";
import { QUEUE_RULES } from "./queues.ts";
import { REMOTE_RULES } from "./remote.ts";
import { ROUTER_RULES } from "./routers.ts";
import { SERVING_RULES } from "./serving.ts";
import { STREAM_RULES } from "./streams.ts";
import { TRACKING_RULES } from "./tracking.ts";
import { VOTE_RULES } from "./votes.ts";
import { WINDOW_RULES } from "./windows.ts";

/** All rules; the first that is about a difference judges it. */
export const RULES: readonly Rule[] = [
  ...MODEL_RULES,
  ...API_RULES,
  ...TRACKING_RULES,
  ...SERVING_RULES,
  ...STREAM_RULES,
  ...ROUTER_RULES,
  ...VOTE_RULES,
  ...PARALLEL_RULES,
  ...RUNNER_RULES,
  ...REMOTE_RULES,
  ...CHOICE_RULES,
  ...HANDLER_RULES,
  ...ERROR_RULES,
  ...BUILD_RULES,
  ...QUEUE_RULES,
  ...BODY_RULES,
  ...FLOW_RULES,
  ...LOOK_RULES,
  ...WINDOW_RULES,
];
