import { StatusError } from "../../errors.ts";
import type { OwnPath } from "./own_path.ts";

/** Where Prometheus asks. */
export const METRICS_PATHS: readonly OwnPath[] = [{
  method: "GET",
  path: "/metrics",
  async answer(request, { server }) {
    if (server.telemetry?.isMeasuring !== true) {
      throw new StatusError(404, "Cannot tell metrics: the server measures nothing. Start it with metrics");
    }
    const { text, contentType } = await server.telemetry.text(request.headers.get("accept"));
    return new Response(text, { headers: { "content-type": contentType, "cache-control": "no-store" } });
  },
}];
