import { isGenerator } from "../graph/generator.ts";
import { andThen, isLater } from "../graph/later.ts";
import type { Maybe } from "../graph/typing.ts";

/**
 * Makes a reply of what a model gives; of what a generator gives, one of each chunk, when it is asked for. Who wants no more stops the
 * model's generator.
 */
export function eachChunk<Given>(
  given: Maybe<Given> | AsyncGenerator<Given, void, undefined>,
  make: (chunk: Given) => unknown,
): Maybe<unknown> {
  if (isLater(given)) return andThen<unknown, unknown>(given, (value) => replyOf(value as Given, make));
  return replyOf(given as Given, make);
}

function replyOf<Given>(value: Given, make: (chunk: Given) => unknown): unknown {
  return isGenerator(value) ? made(value as AsyncIterable<Given>, make) : make(value);
}

async function* made<Given>(
  chunks: AsyncIterable<Given>,
  make: (chunk: Given) => unknown,
): AsyncGenerator<unknown, void, undefined> {
  for await (const chunk of chunks) yield await make(chunk);
}
