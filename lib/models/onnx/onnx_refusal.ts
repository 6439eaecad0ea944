import { describeThrown, ModelError } from "../../errors.ts";

/** The runtime refused the values that it was given: the same again would be refused again, and other values would not. */
export class ValuesError extends ModelError {}

/** What ONNX Runtime 1.2x says of indices, ranks and sizes that only a request can have brought, since they are checked as a node runs. */
const OF_VALUES = [
  /out of (?:data )?bounds|out of range/i,
  /Invalid sequence index/,
  /Ranks of input data are different/,
  /Non concat axis dimensions must match|must match across all inputs/i,
  /Attempting to broadcast an axis|cannot be broadcast/i,
  /cannot be reshaped to the requested shape/,
];

/** The error of a run that failed; the runtime has no code for what comes from the values, so its words tell. */
export function runFailure(error: unknown): ModelError {
  const state = describeThrown(error).message;
  const message = `Cannot run the model: ${state}`;
  const isOfValues = OF_VALUES.some((words) => words.test(state));
  return isOfValues ? new ValuesError(message, { cause: error }) : new ModelError(message, { cause: error });
}
