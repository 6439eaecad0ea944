import type { JsonSchema } from "../graph/json_schema.ts";
import { flowPaths } from "./openapi_flow.ts";
import { modelPaths } from "./openapi_models.ts";
import type { Paths } from "./openapi_operation.ts";
import { ownPaths } from "./openapi_own.ts";
import { SCHEMAS } from "./openapi_schemas.ts";
import type { ServerView } from "./own_path.ts";
import { SERVER_VERSION } from "./server_version.ts";

/** A description of what a server answers: OpenAPI 3.1. */
export interface OpenApi {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Paths;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/**
 * Describes a server as it is now: the graph's door by its schemas, the models by their signatures in both dialects, and what the server
 * answers itself.
 *
 * @see Source: OpenAPI Specification 3.1.0.
 */
export function openApi(server: ServerView): OpenApi {
  const { name } = server.flow.describe();
  return {
    openapi: "3.1.0",
    info: { title: name, version: SERVER_VERSION, description: `What function "${name}" answers over HTTP.` },
    paths: { ...flowPaths(server), ...modelPaths(server), ...ownPaths(server) },
    components: { schemas: SCHEMAS },
  };
}
