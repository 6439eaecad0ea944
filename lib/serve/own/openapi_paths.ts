import { openApi } from "../openapi/openapi.ts";
import type { OwnPath } from "./own_path.ts";

/** Where a server describes itself. */
export const OPENAPI_PATHS: readonly OwnPath[] = [
  { method: "GET", path: "/openapi.json", answer: (_request, { server }) => Response.json(openApi(server)) },
];
