import type { Context } from "../graph/context.ts";
import { isObject } from "../protocol/request_body.ts";
import type { CallHead } from "./watched.ts";

/** What a record says of a model and a request, whatever becomes of it. */
export function callHead(
  model: {
    readonly key: string;
    readonly context: Context;
    readonly className: string;
    readonly args: Readonly<Record<string, unknown>>;
  },
  { operation, id }: { readonly operation: string; readonly id: unknown },
): CallHead {
  const { modelEndpointUid: uid, labels } = model.args;
  return {
    model: model.key,
    className: model.className,
    endpointId: typeof uid === "string" && uid !== "" ? uid : undefined,
    function: model.context.function,
    operation,
    id: String(id),
    ...(isObject(labels) ? { labels: labels as Record<string, string> } : {}),
  };
}
