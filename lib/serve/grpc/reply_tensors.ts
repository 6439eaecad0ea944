import { isObject } from "../../protocol/request_body.ts";
import { TensorReply } from "../../tensor/tensor_reply.ts";
import { decodeTensorRequest, isTensorRequest } from "../../protocol/tensor_request.ts";
import { tensorsOf } from "../../protocol/tensor_rows.ts";

/** What a reply says of the model where what the graph gave does not. */
export interface ReplyNames {
  readonly model: string;
  readonly version: string | undefined;
  readonly id: string;
}

/**
 * What a graph gave, as a reply with tensors: a model's reply as it is; an object with `outputs`, tensors as JSON has them or rows; and
 * anything else as rows.
 *
 * @throws {TypeError} If no tensor holds it.
 */
export function replyTensors(given: unknown, { model, version, id }: ReplyNames): TensorReply {
  if (given instanceof TensorReply) return given;
  if (given instanceof Response) {
    throw new TypeError("Cannot answer over gRPC: the graph gave a Response, which is for HTTP alone. Return data");
  }
  const head = { model_name: model, model_version: version, id };
  if (given === undefined || given === null) return new TensorReply({ ...head, outputs: [] });
  if (!isObject(given) || !Object.hasOwn(given, "outputs")) {
    return new TensorReply({ ...head, outputs: tensorsOf(given) });
  }
  const { model_name, model_version, parameters, outputs } = given;
  const asked = { inputs: outputs };
  return new TensorReply({
    model_name: typeof model_name === "string" ? model_name : model,
    model_version: typeof model_version === "string" ? model_version : version,
    id: typeof given.id === "string" ? given.id : id,
    parameters: isObject(parameters) ? parameters : undefined,
    outputs: isTensorRequest(asked) ? decodeTensorRequest(asked).inputs : tensorsOf(outputs),
  });
}
