import { ShapeError, StatusError } from "../errors.ts";
import { type Datatype, encodeData, isDatatype, type TensorData } from "../tensor/datatype.ts";
import { flattenAs, placeOf } from "../tensor/nested.ts";
import { countOf } from "../tensor/shape.ts";
import { isDataOf, Tensor } from "../tensor/tensor.ts";
import { isObject } from "./request_body.ts";

/** An output that a request asks for. */
export interface RequestedOutput {
  /** What the model calls it. */
  readonly name: string;
  /** What else is said of it: `binary_data`, `classification`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/**
 * A request of the open inference protocol: what `predictTensors` gets, and what steps, functions as routes and a model's own operations find
 * as the body, the same whether it came as JSON, binary or by gRPC.
 *
 * @example A model that works on typed arrays, and answers rows of MLRun's dialect too
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type InferRequest, ModelServer, serving, Tensor, type TensorRequest } from "levada";
 *
 * class Halve extends ModelServer {
 *   predict({ inputs }: InferRequest): number[] {
 *     return (inputs as number[]).map((value) => value / 2);
 *   }
 *
 *   override predictTensors({ inputs: [x] }: TensorRequest): Tensor[] {
 *     return [Tensor.from("y", (x!.data as Float32Array).map((value) => value / 2))];
 *   }
 * }
 *
 * const fn = serving("halves");
 * fn.setTopology("router").addRoute("halve", Halve);
 *
 * await using server = await fn.toMockServer();
 * const inputs = [{ name: "x", datatype: "FP32", shape: [2], data: [1, 3] }];
 * deepStrictEqual((await server.test("/v2/models/halve/infer", { inputs })).outputs, [
 *   { name: "y", datatype: "FP32", shape: [2], data: [0.5, 1.5] },
 * ]);
 * deepStrictEqual((await server.test("/v2/models/halve/infer", { inputs: [1, 3] })).outputs, [0.5, 1.5]);
 * ```
 */
export interface TensorRequest {
  /** Names the request in the reply; undefined where it has no name. */
  readonly id?: string;
  /** What else the model is told. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** In the order of the request; no two have the same name. */
  readonly inputs: readonly Tensor[];
  /** What is asked for; undefined: all that the model gives. */
  readonly outputs?: readonly RequestedOutput[];
}

/** A request of the open inference protocol as it comes, or as a step made it: not looked at further. */
export interface TensorRequestBody {
  readonly inputs: readonly [Record<string, unknown>, ...unknown[]];
  readonly [field: string]: unknown;
}

/**
 * Tells whether a body is a request of the open inference protocol: the first of its `inputs` has a name, a shape and a datatype.
 * Anything else is MLRun's dialect.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { isTensorRequest } from "./tensor_request.ts";
 *
 * const tensor = { name: "x", shape: [1, 2], datatype: "FP32", data: [1, 2] };
 * deepStrictEqual([isTensorRequest({ inputs: [tensor] }), isTensorRequest({ inputs: [[1, 2]] })], [true, false]);
 * ```
 */
export function isTensorRequest(body: unknown): body is TensorRequestBody {
  if (typeof body !== "object" || body === null) return false;
  const { inputs } = body as { inputs?: unknown };
  if (!Array.isArray(inputs)) return false;
  const first: unknown = inputs[0];
  return isObject(first) && Object.hasOwn(first, "name") && Object.hasOwn(first, "shape") &&
    Object.hasOwn(first, "datatype");
}

/**
 * Reads a request of the open inference protocol: data in lists, flat or nested as the shape says, or in typed arrays, which are taken as
 * they are. In floating tensors null is NaN.
 *
 * @throws {StatusError} 400 if it is not well-formed, naming the tensor: data that does not fit the shape, a value of another datatype.
 */
export function decodeTensorRequest(body: TensorRequestBody): TensorRequest {
  const { id, parameters, outputs } = body;
  if (id !== undefined && typeof id !== "string") throw refusal('its "id" is no text');
  return {
    ...(id === undefined ? {} : { id }),
    ...(parameters === undefined ? {} : { parameters: parametersOf(parameters, "the request") }),
    inputs: decodeInputs(body.inputs),
    ...(outputs === undefined ? {} : { outputs: decodeOutputs(outputs) }),
  };
}

/**
 * The body of a request as every handler gets it, whatever way it came: in one of the open inference protocol the inputs are tensors. Any
 * other body is what it was.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { withTensors } from "./tensor_request.ts";
 *
 * const body = withTensors({ id: "7", inputs: [{ name: "x", shape: [2], datatype: "FP32", data: [0.5, 1] }] }) as any;
 * deepStrictEqual([body.inputs[0].data, body.inputs[0].values()], [new Float32Array([0.5, 1]), [0.5, 1]]);
 * deepStrictEqual(withTensors({ inputs: [[0.5, 1]] }), { inputs: [[0.5, 1]] });
 * ```
 *
 * @throws {StatusError} 400 if an input is not well-formed, naming it.
 */
export function withTensors(body: unknown): unknown {
  return isTensorRequest(body) ? { ...body, inputs: decodeInputs(body.inputs) } : body;
}

function decodeInputs(inputs: readonly unknown[]): Tensor[] {
  if (inputs.length === 1) return [decodeInput(inputs[0], 0)];
  const tensors = inputs.map(decodeInput);
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw refusal(`it has two inputs with the name "${told(name)}"`);
    names.add(name);
  }
  return tensors;
}

function decodeInput(input: unknown, index: number): Tensor {
  if (!isObject(input)) throw refusal(`inputs[${index}] is no object with name, shape, datatype and data`);
  const { name, datatype, data, parameters } = input;
  if (typeof name !== "string") throw refusal(`inputs[${index}] has no name`);
  const shortName = told(name);
  if (!isDatatype(datatype)) throw refusal(`input "${shortName}" has the datatype ${shown(datatype)}, which is none`);
  if (data === undefined) throw refusal(`input "${shortName}" has no data`);
  try {
    const count = countOf(input.shape, shortName);
    const shape = input.shape as number[];
    const given = parameters === undefined ? undefined : parametersOf(parameters, `input "${shortName}"`);
    if (input instanceof Tensor && isDataOf(datatype, data) && data.length === count) return input;
    return new Tensor(name, {
      datatype,
      shape,
      data: dataOf(data, { name: shortName, datatype, shape, count }),
      parameters: given,
    });
  } catch (error) {
    if (!(error instanceof ShapeError || error instanceof TypeError)) throw error;
    throw new StatusError(400, error.message, { cause: error });
  }
}

interface Told {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly count: number;
}

function dataOf(data: unknown, told: Told): TensorData {
  const { name, datatype, shape, count } = told;
  if (!Array.isArray(data) && (ArrayBuffer.isView(data) || shape.length > 0)) {
    if (isDataOf(datatype, data)) return data;
    throw new TypeError(`Cannot read "${name}" as ${datatype}: its data is no list`);
  }
  const isNested = !Array.isArray(data) || (Array.isArray(data[0]) && shape.length > 1);
  if (!isNested && data.length !== count) {
    throw new ShapeError(
      `Cannot read "${name}" as shape [${shape}], which needs ${count} values: its data has ${data.length}`,
    );
  }
  const values = isNested ? flattenAs(shape, { name, nested: data }) : data;
  const place = isNested ? (at: number) => placeOf(name, shape, at) : (at: number) => `${name}[${at}]`;
  return encodeData(datatype, isFloating(datatype) && values.includes(null) ? withNaN(values) : values, place);
}

function isFloating(datatype: Datatype): boolean {
  return datatype.startsWith("FP") || datatype === "BF16";
}

function withNaN(values: readonly unknown[]): unknown[] {
  return values.map((value) => value === null ? NaN : value);
}

/** What Triton's other extensions ask of an output: an answer that took no notice would be another one than was asked for. */
const NOT_GIVEN = ["classification", "shared_memory_region"];

function decodeOutputs(outputs: unknown): RequestedOutput[] {
  if (!Array.isArray(outputs)) throw refusal('its "outputs" is no list');
  const names = new Set<string>();
  return outputs.map((output: unknown, index) => {
    if (!isObject(output) || typeof output.name !== "string") throw refusal(`outputs[${index}] has no name`);
    const { name } = output;
    if (names.has(name)) throw refusal(`it asks for output "${told(name)}" twice`); // a reply is not larger than the model's
    names.add(name);
    if (output.parameters === undefined) return { name };
    const parameters = parametersOf(output.parameters, `the requested output "${told(name)}"`);
    for (const wish of NOT_GIVEN) {
      if (Object.hasOwn(parameters, wish)) {
        throw refusal(`it asks output "${told(name)}" for ${wish}, which is not given here`);
      }
    }
    return { name, parameters };
  });
}

function parametersOf(parameters: unknown, of: string): Record<string, unknown> {
  if (isObject(parameters)) return parameters;
  throw refusal(`"parameters" of ${of} is no object`);
}

/** A name as a message tells it: as long as somebody reads it. */
function told(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}

const LONGEST_NAME = 100;

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : `of type ${typeof value}`;
}

function refusal(state: string): StatusError {
  return new StatusError(400, `Cannot read the request: ${state}`);
}
