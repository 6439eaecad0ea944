import type { Catalogue } from "../graph/from_document.ts";
import { MODEL_ROUTER } from "../routers/model_router.ts";
import { MODEL_RUNNER } from "../routers/model_runner.ts";
import { PARALLEL_RUN } from "../routers/parallel_run.ts";
import { SHADOW } from "../routers/shadow.ts";
import { VOTING_ENSEMBLE } from "../routers/voting_ensemble.ts";
import { WEIGHTED_ROUTER } from "../routers/weighted_router.ts";
import { STEPS } from "../steps/catalogue.ts";

/** Every kind of step and router that there is, as `Graph.fromJSON` needs them. */
export const CATALOGUE: Catalogue = new Map([
  ...STEPS,
  ...[MODEL_ROUTER, MODEL_RUNNER, PARALLEL_RUN, SHADOW, VOTING_ENSEMBLE, WEIGHTED_ROUTER].map((router) =>
    [router.kind, router] as const
  ),
]);
