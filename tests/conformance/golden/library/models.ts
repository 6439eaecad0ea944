/** The model classes that cases name. */

import { FlowEvent, type InferReply, type InferRequest, ModelServer, OnnxModel, openOnnx } from "levada";
import { times } from "./python.ts";

class TimesModel extends ModelServer {
  predict({ inputs }: InferRequest): unknown {
    return times(first(inputs), this.param("k", 100));
  }

  override explain({ inputs }: InferRequest): unknown {
    return { explained: first(inputs) };
  }

  opMyop(event: FlowEvent): unknown {
    return event.body;
  }

  opWhoami({ path, method }: FlowEvent): unknown {
    return { name: this.name, path, method };
  }
}

class ListModel extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    const k = this.param("k", 1);
    return inputs.map((row) => times(Array.isArray(row) ? first(row) : row, k));
  }
}

/** What it logs is not what it was asked. */
class LoggedModel extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    return inputs.map((input) => times(input, 10));
  }

  override loggedResults() {
    return { inputs: [[1]], outputs: [2] };
  }
}

class ConstModel extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    return inputs.map(() => this.param("c", 0));
  }
}

class HookModel extends ModelServer<InferRequest, number[]> {
  override preprocess(request: InferRequest): InferRequest {
    return { ...request, inputs: request.inputs.map((input) => Number(input) + 1) };
  }

  override validate(request: InferRequest): InferRequest {
    if (request.inputs.some((input) => Number(input) > 100)) throw new RangeError("input above 100");
    return request;
  }

  predict({ inputs }: InferRequest): number[] {
    return inputs.map((input) => Number(input) * 10);
  }

  override explain({ inputs }: InferRequest): string[] {
    return inputs.map(() => "because");
  }

  override postprocess(reply: InferReply): InferReply & { post: boolean } {
    return { ...reply, post: true };
  }
}

class RaisingModel extends ModelServer {
  predict(): never {
    throw new Error("prediction failed");
  }
}

/** Takes its time to load: a fifth of what the recording took. */
class SlowLoad extends TimesModel {
  override async load(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.param("seconds", 1) * 200));
  }
}

class LoadFails extends ModelServer {
  override load(): never {
    throw new Error("cannot load");
  }

  predict(): number[] {
    return [0];
  }
}

/** TypeScript refuses a model without `predict`; a program that goes around the compiler can still bring one. */
abstract class NoPredict extends ModelServer {}

class ProbaModel extends ModelServer {
  #session: Awaited<ReturnType<typeof openOnnx>> | undefined;

  override async load(): Promise<void> {
    const { file } = await this.getModel(".onnx");
    this.#session = await openOnnx(file);
  }

  async predict({ inputs }: InferRequest): Promise<number[][]> {
    const rows = await this.#session!.probabilities(inputs);
    return rows.map((row) => row.map((share) => Math.round(share * 1e6) / 1e6));
  }

  override async close(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
  }
}

/** Models by the name that cases use. */
export const MODELS: Readonly<Record<string, abstract new (...args: never) => ModelServer<never, unknown>>> = {
  TimesModel,
  ListModel,
  LoggedModel,
  ConstModel,
  HookModel,
  RaisingModel,
  LoadFails,
  SlowLoad,
  NoPredict,
  ClassifierModel: OnnxModel as unknown as abstract new (...args: never) => ModelServer<never, unknown>,
  ProbaModel,
};

function first(inputs: readonly unknown[]): unknown {
  if (inputs.length === 0) throw new RangeError("Cannot take the first of no inputs");
  return inputs[0];
}
