import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { StatusError } from "../../../../../lib/errors.ts";
import { decodeInferRequest } from "../../../../../lib/serve/grpc/infer_request.ts";
import { loadWire, type WireWriter } from "../../../../../lib/serve/grpc/wire.ts";
import { decodeTensorRequest } from "../../../../../lib/protocol/tensor_request.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";

const WIRE = await loadWire();

/** Written by Google's protobuf. */
const TYPED = fromHex(
  "0a0469726973120276321a013722120a03626967120b1080808080808080808001220a0a04666c61671202080022110a0468616c66120921000000000000e03f22130a0468756765120b28ffffffffffffffffff01220b0a05736576656e12021007220c0a047465787412041a02c3bc2a370a01781204465033321a02020222140a0c636f6e74656e745f7479706512041a026e702a1232100000803f000000c00000003f000040402a250a016e1205494e5436341a01032a161a148080808080808080800100ffffffffffffffff7f2a160a0162120542595445531a01022a07420268694201ff32190a017912140a0e636c617373696669636174696f6e12021003",
);
const RAW = fromHex(
  "0a016d2a0f0a04667031361204465031361a01022a0c0a04626f6f6c1204424f4f4c2a110a056279746573120542595445531a01013a04003c007e3a01013a06020000006869",
);

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** A request by a writer; `model_name` is there. */
function request(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WIRE.BinaryWriter().tag(1, 2).string("m");
  write(writer);
  return writer.finish();
}

interface Drawn {
  readonly name?: string;
  readonly datatype?: string;
  readonly shape?: readonly (number | bigint)[];
  readonly rest?: (writer: WireWriter) => void;
}

function input(writer: WireWriter, { name = "x", datatype = "FP32", shape = [1], rest }: Drawn = {}): WireWriter {
  writer.tag(5, 2).fork().tag(1, 2).string(name).tag(2, 2).string(datatype).tag(3, 2).fork();
  for (const size of shape) writer.int64(size);
  writer.join();
  rest?.(writer);
  return writer.join();
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  throws(() => decodeInferRequest(bytes, WIRE), (error) => {
    strictEqual(error instanceof StatusError, true, String(error));
    strictEqual((error as StatusError).status, 400);
    strictEqual(message.test((error as StatusError).message), true, (error as StatusError).message);
    return true;
  });
}

Deno.test("decodeInferRequest() reads a request with typed contents as tensors, 64 bits without loss", () => {
  const { body, ...rest } = decodeInferRequest(TYPED, WIRE);
  deepStrictEqual(rest, { model: "iris", version: "v2", isRaw: false, wantsFinal: false });
  deepStrictEqual(body, {
    id: "7",
    parameters: { big: -(2n ** 63n), flag: false, half: 0.5, huge: 2n ** 64n - 1n, seven: 7, text: "ü" },
    inputs: [
      new Tensor("x", {
        datatype: "FP32",
        shape: [2, 2],
        parameters: { content_type: "np" },
        data: new Float32Array([1, -2, 0.5, 3]),
      }),
      new Tensor("n", { datatype: "INT64", shape: [3], data: new BigInt64Array([-(2n ** 63n), 0n, 2n ** 63n - 1n]) }),
      new Tensor("b", { datatype: "BYTES", shape: [2], data: ["hi", new Uint8Array([0xff])] }),
    ],
    outputs: [{ name: "y", parameters: { classification: 3 } }],
  });
  strictEqual(decodeTensorRequest({ ...body, outputs: [{ name: "y" }] }).inputs.length, 3);
});

Deno.test("decodeInferRequest() reads a request with raw contents", () => {
  deepStrictEqual(decodeInferRequest(RAW, WIRE), {
    model: "m",
    version: undefined,
    isRaw: true,
    wantsFinal: false,
    body: {
      inputs: [
        new Tensor("fp16", { datatype: "FP16", shape: [2], data: new Uint16Array([0x3c00, 0x7e00]) }),
        new Tensor("bool", { datatype: "BOOL", shape: [], data: new Uint8Array([1]) }),
        new Tensor("bytes", { datatype: "BYTES", shape: [1], data: ["hi"] }),
      ],
    },
  });
});

Deno.test("decodeInferRequest() does not copy raw contents that lie as their datatype needs", () => {
  const bytes = request((writer) =>
    input(writer, { datatype: "UINT8", shape: [4] }).tag(7, 2).bytes(new Uint8Array(4))
  );
  const { body } = decodeInferRequest(bytes, WIRE);
  strictEqual((body.inputs[0].data as Uint8Array).buffer, bytes.buffer);
});

Deno.test("decodeInferRequest() keeps the wish for an empty last reply to itself", () => {
  const bytes = request((writer) => {
    writer.tag(4, 2).fork().tag(1, 2).string("triton_enable_empty_final_response");
    writer.tag(2, 2).fork().tag(1, 0).bool(true).join().join();
    input(writer).tag(7, 2).bytes(new Uint8Array(4));
  });
  const { wantsFinal, body } = decodeInferRequest(bytes, WIRE);
  deepStrictEqual([wantsFinal, Object.hasOwn(body, "parameters")], [true, false]);
});

Deno.test("decodeInferRequest() takes __proto__ as a name like others", () => {
  const bytes = request((writer) => {
    writer.tag(4, 2).fork().tag(1, 2).string("__proto__").tag(2, 2).fork().tag(3, 2).string("p").join().join();
    input(writer, { name: "__proto__" }).tag(7, 2).bytes(new Uint8Array(4));
  });
  const { body } = decodeInferRequest(bytes, WIRE);
  deepStrictEqual(Object.entries(body.parameters as object), [["__proto__", "p"]]);
  strictEqual(Object.getPrototypeOf(body.parameters), Object.prototype);
});

Deno.test("decodeInferRequest() names the tensor whose shape or size lies", () => {
  const raw = (drawn: Drawn, length: number) =>
    request((writer) => input(writer, drawn).tag(7, 2).bytes(new Uint8Array(length)));
  refuses(raw({ shape: [2, 3] }, 20), /^Cannot read "x" as FP32: its 6 values need 24 bytes, and there are 20$/);
  refuses(raw({ shape: [-1, 4] }, 16), /^Cannot read "x": its shape has the size -1/);
  refuses(raw({ shape: [2n ** 62n, 2n ** 62n] }, 16), /^Cannot read "x"/);
  refuses(raw({ shape: [2 ** 40] }, 16), /^Cannot read "x" as FP32: its 1099511627776 values need/);
  refuses(raw({ shape: Array(90).fill(1) }, 4), /^Cannot read "x": its shape has 90 dimensions/);
  refuses(raw({ shape: Array(101).fill(1) }, 4), /the shape of "x" has more than 100 dimensions/);
  refuses(raw({ datatype: "FP8" }, 4), /^Cannot read "x": its datatype "FP8" is none/);
  refuses(request((writer) => input(writer)), /^Cannot read "x" as FP32: its shape needs 1 values/);
});

Deno.test("decodeInferRequest() takes raw contents for all inputs or for none", () => {
  refuses(
    request((writer) => input(input(writer), { name: "z" }).tag(7, 2).bytes(new Uint8Array(4))),
    /it has 2 inputs and raw contents for 1; all or none are raw/,
  );
  const typed = (writer: WireWriter) => writer.tag(5, 2).fork().tag(6, 2).bytes(new Uint8Array(4)).join();
  refuses(
    request((writer) => input(writer, { rest: typed }).tag(7, 2).bytes(new Uint8Array(4))),
    /^Cannot read "x": it has contents, and the request has raw ones; send one kind$/,
  );
});

Deno.test("decodeInferRequest() refuses shared memory, and a request without a model", () => {
  const shared = (writer: WireWriter) =>
    writer.tag(4, 2).fork().tag(1, 2).string("shared_memory_region").tag(2, 2).fork().tag(3, 2).string("r").join()
      .join();
  refuses(request((writer) => input(writer, { rest: shared })), /^Cannot read "x": shared memory is not offered/);
  refuses(new Uint8Array(), /^Cannot read the request: it names no model$/);
});

Deno.test("decodeInferRequest() makes no millions of objects of a few bytes each", () => {
  for (const field of [5, 6, 7]) {
    const bomb = new Uint8Array(8_000_000).map((_, index) => index % 2 === 0 ? field * 8 + 2 : 0);
    refuses(bomb, /it has more than 10000 inputs, outputs and parameters/);
  }
  const names = request((writer) => {
    for (let n = 0; n < 10_001; n++) writer.tag(4, 2).fork().tag(1, 2).string(`${n}`).tag(2, 2).fork().join().join();
  });
  refuses(names, /more than 10000/);
});

Deno.test("decodeInferRequest() refuses whatever is cut off or is no message, naming it a request", () => {
  for (const whole of [TYPED, RAW]) {
    for (let end = 0; end < whole.length; end++) {
      try {
        decodeInferRequest(whole.subarray(0, end), WIRE);
      } catch (error) {
        strictEqual(error instanceof StatusError && error.status === 400, true, String(error));
      }
    }
  }
  refuses(fromHex("0a02c328"), /^Cannot read the request: /); // no UTF-8
  refuses(fromHex("0aff"), /^Cannot read the request: /);
  refuses(fromHex("07"), /^Cannot read the request: illegal tag/);
  refuses(new Uint8Array(1_000).fill(0xf3), /^Cannot read the request: /); // groups in groups
  let seed = 7;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: round % 60 }, () => (seed = seed * 48_271 % 0x7fffffff) & 0xff);
    try {
      decodeInferRequest(bytes, WIRE);
    } catch (error) {
      strictEqual(error instanceof StatusError && error.status === 400, true, String(error));
    }
  }
});
