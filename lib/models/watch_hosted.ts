import type { Context } from "../graph/context.ts";
import { monitorOf } from "../graph/monitor.ts";
import { bodyField, decodeBody } from "../protocol/request_body.ts";
import type { ModelAsk } from "./model_server.ts";
import { callHead } from "./call_head.ts";
import { watchCall } from "./watched.ts";

/** A model that runs elsewhere: what its records say of it. */
export interface WatchedElsewhere {
  readonly key: string;
  readonly context: Context;
  readonly className: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const RECORDED = ["infer", "predict", "explain"];

/** Asks a model that runs elsewhere; where records are kept, the monitor is told of it here, where the records are. */
export function watchHosted(
  model: WatchedElsewhere,
  { operation, event }: ModelAsk,
  ask: () => Promise<unknown>,
): Promise<unknown> {
  const monitor = monitorOf(model.context);
  if (monitor === undefined || event.method !== "POST") return ask();
  const body = decodeBody(event.body);
  const asked = String(operation || bodyField(body, "operation") || "infer");
  if (!RECORDED.includes(asked)) return ask();
  const head = callHead(model, { operation: asked, id: bodyField(body, "id") ?? event.id });
  return watchCall(monitor, head, (watch) => {
    watch.inputs = body;
    return ask();
  }) as Promise<unknown>;
}
