/** What a model says of itself, to both dialects at once. */

import type { FlowEvent } from "../graph/event.ts";
import { keyParts, type ModelFacts } from "../graph/served_model.ts";
import { notReady } from "../protocol/refusal.ts";
import { type ModelMetadata, readyReply } from "../protocol/reply.ts";

/** A model that is asked about itself. */
export interface ToldModel {
  readonly key: string;
  readonly name: string;
  readonly args: { readonly [parameter: string]: unknown };
  readonly isReady: boolean;
  signature(): Pick<ModelMetadata, "inputs" | "outputs">;
  facts(): ModelFacts;
}

/** The fields of the open inference protocol, and what model monitoring calls the model, which is MLRun's. */
export function modelMetadata(model: ToldModel): ModelMetadata {
  const { modelEndpointUid: uid } = model.args;
  const { version } = keyParts(model.key);
  const { inputs: _inputs, outputs: _outputs, ...facts } = model.facts();
  return {
    name: model.name,
    ...(version === undefined ? {} : { versions: [version] }),
    ...facts,
    model_endpoint_uid: typeof uid === "string" ? uid : "",
    ...model.signature(),
  };
}

/**
 * Tells that a model is ready: clients read the status alone; one that accepts JSON by its name is told by JSON, and 503 in the place of
 * MLRun's 408 where the model is not.
 *
 * @throws {StatusError} 408 or 503 if it is not ready.
 */
export function modelReadiness(
  { key, name, isReady }: Pick<ToldModel, "key" | "name" | "isReady">,
  event: FlowEvent,
): unknown {
  const takesJson = event.headers.get("accept")?.includes("application/json") === true;
  if (!isReady) throw notReady(key, takesJson ? 503 : 408);
  return takesJson ? { name, ready: true } : readyReply(key, event.id);
}
