/** Everything that a server answers itself, beside its graph. A new path is a line here. */

import { HEALTH_PATHS } from "./health_paths.ts";
import { METRICS_PATHS } from "./metrics_paths.ts";
import { MODEL_PATHS } from "./model_paths.ts";
import { OPENAPI_PATHS } from "./openapi_paths.ts";
import type { OwnPath } from "./own_path.ts";
import { REPOSITORY_PATHS } from "./repository_paths.ts";

/** The server's own paths; the first that fits answers. */
export const OWN_PATHS: readonly OwnPath[] = [
  ...HEALTH_PATHS,
  ...METRICS_PATHS,
  ...OPENAPI_PATHS,
  ...MODEL_PATHS,
  ...REPOSITORY_PATHS,
];
