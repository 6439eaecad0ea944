import type { Context } from "../graph/context.ts";
import { modelWatchOf } from "../graph/model_watch.ts";
import type { Maybe } from "../graph/typing.ts";
import type { ModelAsk } from "./model_server.ts";

/** A model that answers for itself. */
export interface WatchedModel {
  readonly key: string;
  readonly context: Context;
  answer(question: ModelAsk): Maybe<unknown>;
}

/** Asks a model one question, measured where somebody looks. */
export function askWatched(model: WatchedModel, question: ModelAsk): Maybe<unknown> {
  const { context, key } = model;
  const watch = modelWatchOf(context);
  if (watch === undefined) return model.answer(question);
  const { operation, event } = question;
  return watch(
    { step: context.step, function: context.function, model: key, operation, event },
    () => model.answer(question),
  );
}
