import type { Operator } from "../graph/operator.ts";

/** An operator as it is, for whoever puts something around one of its functions: what it has not stays out. */
export function delegated(operator: Operator): Operator {
  return {
    process: (event) => operator.process(event),
    ...(operator.plain === undefined ? {} : { plain: operator.plain }),
    ...(operator.settle === undefined ? {} : { settle: (value, event) => operator.settle!(value, event) }),
    ...(operator.held === undefined ? {} : { held: (event) => operator.held!(event) }),
    ...(operator.stalled === undefined ? {} : { stalled: (held) => operator.stalled!(held) }),
    ...(operator.flush === undefined ? {} : { flush: () => operator.flush!() }),
    ...(operator.result === undefined ? {} : { result: () => operator.result!() }),
    ...(operator.close === undefined ? {} : { close: () => operator.close!() }),
    ...(operator.signatures === undefined ? {} : { signatures: () => operator.signatures!() }),
    ...(operator.models === undefined ? {} : { models: () => operator.models!() }),
  };
}
