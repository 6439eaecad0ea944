import type { Catalogue } from "../graph/from_document.ts";
import { MODEL_ROUTER } from "../routers/model_router.ts";
import { PARALLEL_RUN } from "../routers/parallel_run.ts";
import { VOTING_ENSEMBLE } from "../routers/voting_ensemble.ts";
import { STEPS } from "../steps/catalogue.ts";

/** Every kind of step and router that there is, as `Graph.fromJSON` needs them. */
export const CATALOGUE: Catalogue = new Map([
  ...STEPS,
  ...[MODEL_ROUTER, PARALLEL_RUN, VOTING_ENSEMBLE].map((router) => [router.kind, router] as const),
]);
