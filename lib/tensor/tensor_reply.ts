import { Tensor } from "./tensor.ts";

/** What a reply of the open inference protocol says. */
export interface TensorReplyInit {
  /** The model's name without its version. */
  readonly model_name: string;
  /** The model's version, where it has one. */
  readonly model_version?: string | undefined;
  /** The request's id, else the event's. */
  readonly id: string;
  /** What else the model says. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** What was asked for, in that order. */
  readonly outputs: readonly Tensor[];
}

/**
 * What a model answers to a request of the open inference protocol. The server writes it as JSON or binary, as the request asked; later
 * steps may read it, and return another.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { Tensor, TensorReply } from "levada";
 *
 * const reply = new TensorReply({ model_name: "m", id: "7", outputs: [Tensor.from("y", [0.5, 1.5])] });
 * deepStrictEqual(reply.output("y")?.values(), [0.5, 1.5]);
 * deepStrictEqual(
 *   JSON.stringify(reply),
 *   '{"model_name":"m","id":"7","outputs":[{"name":"y","datatype":"FP64","shape":[2],"data":[0.5,1.5]}]}',
 * );
 * ```
 */
export class TensorReply {
  /** The model's name without its version. */
  readonly model_name: string;
  /** The model's version; undefined where it has none. */
  readonly model_version: string | undefined;
  /** The request's id, else the event's. */
  readonly id: string;
  /** What else the model says; undefined where it says nothing. */
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
  /** What was asked for, in that order. */
  readonly outputs: readonly Tensor[];

  /** Takes all that it says. */
  constructor({ model_name, model_version, id, parameters, outputs }: TensorReplyInit) {
    this.model_name = model_name;
    this.model_version = model_version;
    this.id = id;
    this.parameters = parameters;
    this.outputs = outputs;
  }

  /** The output of a name; undefined where there is none. */
  output(name: string): Tensor | undefined {
    return this.outputs.find((tensor) => tensor.name === name);
  }

  /** The same with other fields. */
  with(changes: Partial<TensorReplyInit>): TensorReply {
    return new TensorReply({ ...this, ...changes });
  }

  /** The same with data of its own, for another branch of a graph. */
  [Symbol.for("levada.copy")](): TensorReply {
    return this.with({
      outputs: this.outputs.map(({ name, datatype, shape, data, parameters }) =>
        new Tensor(name, { datatype, shape: [...shape], data: data.slice(), parameters: structuredClone(parameters) })
      ),
    });
  }

  /** As the open inference protocol writes it as JSON. */
  toJSON(): object {
    const { model_name, model_version, id, parameters, outputs } = this;
    return {
      model_name,
      ...(model_version === undefined ? {} : { model_version }),
      id,
      ...(parameters === undefined ? {} : { parameters }),
      outputs,
    };
  }
}
