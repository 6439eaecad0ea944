/** What a caller is told when a request cannot be answered, and with which status. */

import { StatusError } from "../errors.ts";

/** 400: the path is none of a router's. */
export function unknownPath(path: string, prefix = "/v2"): StatusError {
  return new StatusError(
    400,
    `Cannot route path "${path}": paths are ${prefix}/models, ${prefix}/models/<model>/<operation> and ${prefix}/health`,
  );
}

/** 404: no model has this name. */
export function unknownModel(name: string, names: readonly string[], hint = ""): StatusError {
  return new StatusError(404, `Cannot find model "${name}": available models are ${names.join(", ")}${hint}`);
}

/** 400: the model does not do this. */
export function unknownOperation(model: string, operation: string, operations: readonly string[]): StatusError {
  const known = operations.length === 0 ? "it has none" : `its operations are ${operations.join(", ")}`;
  return new StatusError(400, `Cannot do operation "${operation}" of model "${model}": ${known}`);
}

/** 405: this is asked with another method. */
export function wrongMethod(asked: string, method: string, allowed: readonly string[]): StatusError {
  return new StatusError(405, `Cannot ask ${asked} with method ${method}: use ${allowed.join(" or ")}`, {
    allow: allowed,
  });
}

/** 408, as MLRun answers while a model loads; 503 in the open inference protocol. */
export function notReady(model: string, status: 408 | 503 = 408): StatusError {
  const retry = status === 503 ? { retryAfterMs: 1_000 } : {};
  return new StatusError(status, `Cannot ask model "${model}" yet: it is not ready`, retry);
}

/** 400: the body does not say what to predict from. */
export function badRequest(model: string, found: string): StatusError {
  return new StatusError(
    400,
    `Cannot ask model "${model}": ${found}; send a JSON object with the key "inputs", a list with one item a row`,
  );
}
