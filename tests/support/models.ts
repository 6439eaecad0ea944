import type { FlowEvent } from "../../lib/graph/event.ts";
import { ModelServer } from "../../lib/models/model_server.ts";
import type { InferReply, InferRequest } from "../../lib/protocol/reply.ts";

/** The first input times `k`. */
export class TimesModel extends ModelServer {
  predict({ inputs }: InferRequest): unknown {
    return Number(inputs[0]) * this.param("k", 100);
  }

  override explain({ inputs }: InferRequest): unknown {
    return { explained: inputs[0] };
  }

  opMyop(event: FlowEvent): unknown {
    return event.body;
  }

  opWhoAmI({ path, method, id }: FlowEvent): unknown {
    return { name: this.key, path, method, id };
  }
}

/** Each row, a number or a list of one, times `k`. */
export class ListModel extends ModelServer<InferRequest, number[]> {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((row) => Number(Array.isArray(row) ? row[0] : row) * this.param("k", 1));
  }
}

/** `c` for each row. */
export class ConstModel extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    return inputs.map(() => this.param("c", 0));
  }
}

/** Fails when it is asked. */
export class RaisingModel extends ModelServer {
  predict(): never {
    throw new Error("prediction failed");
  }
}

/** Uses every hook. */
export class HookModel extends ModelServer<{ inputs: number[] }, number[]> {
  override preprocess(request: unknown): unknown {
    const { inputs, ...rest } = request as { inputs: number[] };
    return { ...rest, inputs: inputs.map((input) => input + 1) };
  }

  override validate(request: unknown): unknown {
    if ((request as { inputs: number[] }).inputs.some((input) => input > 100)) throw new Error("input above 100");
    return request;
  }

  async predict({ inputs }: { inputs: number[] }): Promise<number[]> {
    return await Promise.resolve(inputs.map((input) => input * 10));
  }

  override explain({ inputs }: { inputs: number[] }): string[] {
    return inputs.map(() => "because");
  }

  override postprocess(reply: InferReply): unknown {
    return { ...reply, post: true };
  }
}
