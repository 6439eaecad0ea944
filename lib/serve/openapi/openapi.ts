import type { JsonSchema } from "../../graph/json_schema.ts";
import { HEALTH_PATHS } from "../own/health_paths.ts";
import { apiPaths } from "./api_paths.ts";
import { flowPaths } from "./flow_paths.ts";
import { modelPaths } from "./model_paths.ts";
import { type Paths, ref } from "./operation.ts";
import { ownPaths } from "./own_paths.ts";
import { Components } from "./components.ts";
import type { ServerView } from "../own/own_path.ts";
import { SERVER_VERSION } from "../own/server_version.ts";

/** A description of what a server answers: OpenAPI 3.1. */
export interface OpenApi {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Paths;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes?: Readonly<Record<string, object>>;
  };
  readonly security?: readonly object[];
}

/**
 * Describes a server as it is now: the graph's door by its schemas, the models by their signatures in both dialects, and what the server
 * answers itself.
 *
 * @see Source: OpenAPI Specification 3.1.0.
 */
export function openApi(server: ServerView): OpenApi {
  const { name } = server.flow.describe();
  const { api } = server;
  const components = new Components();
  const asked = api === undefined
    ? { ...flowPaths(server, components), ...modelPaths(server) }
    : apiPaths(server, api, components);
  const paths = { ...asked, ...ownPaths(server) };
  return {
    openapi: "3.1.0",
    info: { title: name, version: SERVER_VERSION, description: `What function "${name}" answers over HTTP.` },
    ...(server.asksTokens === true
      ? {
        paths: guarded(paths),
        security: [{ token: [] }],
        components: { schemas: components.schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      }
      : { paths, components: { schemas: components.schemas } }),
  };
}

/** Paths where a token is asked for: 401 without, but for health, which anybody may ask. */
function guarded(paths: Paths): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, asked]) => [
          method,
          FREE.has(path) ? { ...asked, security: [] } : { ...asked, responses: { ...asked.responses, 401: UNKNOWN } },
        ]),
      ),
    ]),
  );
}

const FREE = new Set(HEALTH_PATHS.map(({ path }) => path));
const UNKNOWN = {
  description: "No token, or none of this server's",
  headers: { "www-authenticate": { schema: { type: "string" } } },
  content: { "application/json": { schema: ref("Error") } },
};
