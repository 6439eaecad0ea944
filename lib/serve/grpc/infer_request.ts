import { ShapeError, StatusError } from "../../errors.ts";
import type { RequestedOutput, TensorRequestBody } from "../../protocol/tensor_request.ts";
import { type Datatype, isDatatype } from "../../tensor/datatype.ts";
import { decodeRaw } from "../../tensor/raw_data.ts";
import { countOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { readContents } from "./contents.ts";
import { type Parameters, readParameter } from "./parameters.ts";
import { readMessage, readNested } from "./read_message.ts";
import type { Wire, WireReader } from "./wire.ts";

const MOST_PARTS = 10_000; // inputs, outputs and parameters: two bytes of a message can make an object of a hundred

/** A request of gRPC, read: which model is asked, and the body, its inputs tensors. */
export interface InferAsk {
  readonly model: string;
  /** Undefined where it says none. */
  readonly version: string | undefined;
  readonly body: TensorRequestBody;
  /** Whether the tensors came as raw bytes: then they are answered so. */
  readonly isRaw: boolean;
  /** Whether the end of several replies is to be told by an empty one, which Triton's clients ask for by a parameter. */
  readonly wantsFinal: boolean;
}

interface Input {
  name: string;
  datatype: string;
  shape: number[];
  parameters: Parameters | undefined;
  /** The messages of its contents, which count as one. */
  contents: Uint8Array[];
}

/** What a message may hold of what takes more memory read than sent. */
class Parts {
  #left = MOST_PARTS;

  /** @throws {RangeError} If there are too many. */
  count(): void {
    if (--this.#left < 0) throw new RangeError(`it has more than ${MOST_PARTS} inputs, outputs and parameters`);
  }
}

const WANTS_FINAL = "triton_enable_empty_final_response";

/**
 * Reads a ModelInferRequest.
 *
 * @throws {StatusError} 400 if it is none, if sizes and shapes do not fit, naming the tensor, or if a value is none of its datatype.
 */
export function decodeInferRequest(bytes: Uint8Array, wire: Wire): InferAsk {
  try {
    return new Request(bytes, wire).ask();
  } catch (error) {
    if (error instanceof StatusError || !(error instanceof Error)) throw error;
    const isNamed = error instanceof ShapeError || error.message.startsWith("Cannot ");
    throw new StatusError(400, isNamed ? error.message : `Cannot read the request: ${error.message}`, { cause: error });
  }
}

class Request {
  readonly #wire: Wire;
  readonly #parts = new Parts();
  readonly #inputs: Input[] = [];
  readonly #raw: Uint8Array[] = [];
  readonly #outputs: RequestedOutput[] = [];
  #parameters: Parameters | undefined;
  #model = "";
  #version = "";
  #id = "";

  constructor(bytes: Uint8Array, wire: Wire) {
    this.#wire = wire;
    const reader = new wire.BinaryReader(bytes);
    readMessage(reader, (tag) => this.#take(tag, reader));
  }

  ask(): InferAsk {
    if (this.#model === "") throw new StatusError(400, "Cannot read the request: it names no model");
    const wantsFinal = this.#parameters?.[WANTS_FINAL] === true;
    if (this.#parameters !== undefined) delete this.#parameters[WANTS_FINAL];
    const parameters = this.#parameters;
    return {
      model: this.#model,
      version: this.#version === "" ? undefined : this.#version,
      isRaw: this.#raw.length > 0 || this.#inputs.length === 0,
      wantsFinal,
      body: {
        ...(this.#id === "" ? {} : { id: this.#id }),
        ...(parameters === undefined || Object.keys(parameters).length === 0 ? {} : { parameters }),
        inputs: this.#tensors() as unknown as TensorRequestBody["inputs"],
        ...(this.#outputs.length === 0 ? {} : { outputs: this.#outputs }),
      },
    };
  }

  #take(tag: number, reader: WireReader): boolean {
    switch (tag) {
      case 0o12:
        this.#model = reader.string(true);
        return true;
      case 0o22:
        this.#version = reader.string(true);
        return true;
      case 0o32:
        this.#id = reader.string(true);
        return true;
      case 0o42:
        this.#parts.count();
        readParameter(reader, this.#parameters ??= {});
        return true;
      case 0o52:
        this.#parts.count();
        this.#inputs.push(this.#input(reader));
        return true;
      case 0o62:
        this.#parts.count();
        this.#outputs.push(this.#output(reader));
        return true;
      case 0o72:
        this.#parts.count();
        this.#raw.push(reader.bytes());
        return true;
      default:
        return false;
    }
  }

  #input(reader: WireReader): Input {
    const input: Input = { name: "", datatype: "", shape: [], parameters: undefined, contents: [] };
    readNested(reader, (tag) => {
      switch (tag) {
        case 0o12:
          input.name = reader.string(true);
          return true;
        case 0o22:
          input.datatype = reader.string(true);
          return true;
        case 0o30:
          readSize(reader, input);
          return true;
        case 0o32: {
          const end = reader.uint32() + reader.pos;
          while (reader.pos < end) readSize(reader, input);
          return true;
        }
        case 0o42:
          this.#parts.count();
          readParameter(reader, input.parameters ??= {});
          return true;
        case 0o52:
          this.#parts.count();
          input.contents.push(reader.bytes());
          return true;
        default:
          return false;
      }
    });
    return input;
  }

  #output(reader: WireReader): RequestedOutput {
    let name = "";
    let parameters: Parameters | undefined;
    readNested(reader, (tag) => {
      if (tag === 0o12) name = reader.string(true);
      else if (tag === 0o22) {
        this.#parts.count();
        readParameter(reader, parameters ??= {});
      } else return false;
      return true;
    });
    return parameters === undefined ? { name } : { name, parameters };
  }

  #tensors(): Tensor[] {
    const isRaw = this.#raw.length > 0;
    if (isRaw && this.#raw.length !== this.#inputs.length) {
      throw new StatusError(
        400,
        `Cannot read the request: it has ${this.#inputs.length} inputs and raw contents for ${this.#raw.length}; all or none are raw`,
      );
    }
    return this.#inputs.map((input, index) => {
      const { name, shape, parameters } = input;
      const datatype = datatypeOf(input);
      const tensor = { name, datatype, count: countOf(shape, name) };
      if (isRaw && input.contents.length > 0) {
        throw new StatusError(
          400,
          `Cannot read "${name}": it has contents, and the request has raw ones; send one kind`,
        );
      }
      const data = isRaw
        ? decodeRaw(this.#raw[index]!, tensor)
        : readContents(new this.#wire.BinaryReader(joined(input.contents)), tensor);
      return new Tensor(name, { datatype, shape, data, parameters });
    });
  }
}

function datatypeOf({ name, datatype, parameters }: Input): Datatype {
  if (parameters !== undefined && Object.hasOwn(parameters, "shared_memory_region")) {
    throw new StatusError(400, `Cannot read "${name}": shared memory is not offered; send its values`);
  }
  if (isDatatype(datatype)) return datatype;
  throw new StatusError(400, `Cannot read "${name}": its datatype ${JSON.stringify(datatype.slice(0, 40))} is none`);
}

const MOST_SIZES = 100; // countOf says how many dimensions are taken; a list of millions is not made to be told so

function readSize(reader: WireReader, { name, shape }: Input): void {
  if (shape.length === MOST_SIZES) {
    throw new RangeError(`the shape of "${name}" has more than ${MOST_SIZES} dimensions`);
  }
  shape.push(Number(reader.int64()));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length < 2) return pieces[0] ?? new Uint8Array();
  const bytes = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
