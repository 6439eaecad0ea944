/** MLRun's steps that ask other services, as ours. Its expressions are Python; each that is recorded is written here as a function. */

import { maker } from "./facade.ts";
import { field } from "./library/python.ts";
import { Needs } from "./needs.ts";
import { take } from "./words.ts";

type Expression = (event: unknown, endpoint: string) => unknown;

const EXPRESSIONS: Readonly<Record<string, Expression>> = {
  "event": (event) => event,
  "endpoint + event['p']": (event, endpoint) => endpoint + field(event, "p"),
  "endpoint + '/n/' + str(event['k'])": (event, endpoint) => `${endpoint}/n/${field(event, "k")}`,
  "'ORIGIN/n/' + str(event['n'])": (event, endpoint) => `${endpoint}/n/${field(event, "n")}`,
  "{'just': event['k']}": (event) => ({ just: field(event, "k") }),
};

/** `RemoteStep`, and `BatchHttpRequests` as `remoteBatch`. Retries, pauses and time-outs are options of the step. */
export function remoteStep(name: "remote" | "remoteBatch"): (given: Map<string, unknown>) => unknown {
  return (given) => {
    const url = take(given, "url");
    const expression = take(given, "url_expression");
    const options: Record<string, unknown> = {
      url: typeof expression === "string" ? functionOf(expression, url) : url,
    };
    const body = take(given, "body_expression");
    if (typeof body === "string") options.body = functionOf(body, url);
    for (const word of ["subpath", "method", "headers"]) {
      const value = take(given, word);
      if (value !== undefined) options[word] = value;
    }
    move(given, "backoff_factor", "backoffMs");
    move(given, "timeout", "timeoutMs");
    return maker(name)(options);
  };
}

function functionOf(text: string, endpoint: unknown): (event: unknown) => unknown {
  const origin = /'(https?:\/\/[^/']+)/.exec(text)?.[1];
  const expression = EXPRESSIONS[origin === undefined ? text : text.replace(origin, "ORIGIN")];
  if (expression === undefined) throw new Needs(`the expression ${text}`);
  return (event) => expression(event, origin ?? String(endpoint));
}

/** Seconds as an option in milliseconds. */
function move(given: Map<string, unknown>, word: string, option: string): void {
  const seconds = take(given, word);
  if (typeof seconds === "number") given.set(option, seconds * 1_000);
}
