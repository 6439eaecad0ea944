import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { decodeBinaryRequest } from "../../../../lib/protocol/binary_request.ts";
import {
  decodeTensorRequest,
  isTensorRequest,
  type TensorRequestBody,
} from "../../../../lib/protocol/tensor_request.ts";
import type { TensorSpec } from "../../../../lib/tensor/tensor_spec.ts";
import { randomFrom } from "../../../support/random.ts";

const TEXT = new TextEncoder();

/** JSON with bytes behind it, at a place of memory that `before` moves. */
function request(json: unknown, bytes: Uint8Array = new Uint8Array(), before = 0) {
  const head = TEXT.encode(typeof json === "string" ? json : JSON.stringify(json));
  const buffer = new Uint8Array(before + head.length + bytes.length);
  buffer.set(head, before);
  buffer.set(bytes, before + head.length);
  return { body: buffer.subarray(before), headerLength: String(head.length) };
}

function read({ body, headerLength }: { body: Uint8Array; headerLength: string }, inputs: readonly TensorSpec[] = []) {
  return decodeBinaryRequest(body, { headerLength, inputs: () => inputs }) as TensorRequestBody;
}

function refused(asked: { body: Uint8Array; headerLength: string }, message: RegExp, inputs?: readonly TensorSpec[]) {
  throws(() => read(asked, inputs), (error) => {
    strictEqual(error instanceof StatusError && error.status, 400, String(error));
    strictEqual(message.test((error as Error).message), true, (error as Error).message);
    return true;
  });
}

function input(name: string, datatype: string, shape: unknown, binary_data_size: unknown) {
  return { name, datatype, shape, parameters: { binary_data_size } };
}

const FOUR = new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);

Deno.test("decodeBinaryRequest() gives the body that the JSON is, with typed arrays as data", () => {
  const json = {
    id: "7",
    inputs: [
      { ...input("a", "FP32", [2, 2], 16), parameters: { binary_data_size: 16, content_type: "np" } },
      { name: "b", datatype: "INT8", shape: [1], data: [5] },
      input("c", "BYTES", [2], 11),
    ],
  };
  const bytes = new Uint8Array([...FOUR, 2, 0, 0, 0, 0x68, 0x69, 1, 0, 0, 0, 0xff]);
  deepStrictEqual(read(request(json, bytes)), {
    id: "7",
    inputs: [
      {
        name: "a",
        datatype: "FP32",
        shape: [2, 2],
        parameters: { content_type: "np" },
        data: new Float32Array([1, 2, 3, 4]),
      },
      { name: "b", datatype: "INT8", shape: [1], data: [5] },
      { name: "c", datatype: "BYTES", shape: [2], data: ["hi", new Uint8Array([0xff])] },
    ],
  });
});

Deno.test("decodeBinaryRequest() copies nothing where bytes lie as the datatype needs, also through decodeTensorRequest()", () => {
  const json = { inputs: [input("a", "FP32", [4], 16)] };
  const { length } = JSON.stringify(json);
  for (const before of [0, 1, 2, 3]) {
    const asked = request(json, FOUR, before);
    const { data } = decodeTensorRequest(read(asked)).inputs[0]!;
    deepStrictEqual(data, new Float32Array([1, 2, 3, 4]));
    strictEqual((data as Float32Array).buffer === asked.body.buffer, (before + length) % 4 === 0);
  }
});

Deno.test("decodeBinaryRequest() refuses sizes that lie, naming the input", () => {
  const of = (size: unknown, bytes = FOUR, shape: unknown = [4]) =>
    request({ inputs: [input("a", "FP32", shape, size)] }, bytes);
  refused(of(17), /"binary_data_size" of input "a" is 17, and 16 bytes are left/);
  refused(of(2 ** 50), /is 1125899906842624, and 16 bytes are left/);
  refused(of(-1), /"a" is no whole number from 0/);
  refused(of(1.5), /"a" is no whole number/);
  refused(of("16"), /"a" is no whole number/);
  refused(of(null), /"a" is no whole number/);
  refused(of(12), /"a" as FP32: its 4 values need 16 bytes, and there are 12/);
  refused(of(16, FOUR, [1e9, 1e9]), /"a" as shape \[1000000000,1000000000\]: these are more values/);
  refused(of(16, FOUR, [1e9]), /its 1000000000 values need 4000000000 bytes, and there are 16/);
  refused(of(16, FOUR, "x"), /its shape is no list/);
  refused(of(16, new Uint8Array([...FOUR, 9])), /1 bytes follow that belong to no input/);
  refused(request({ inputs: [{ ...input("a", "FP32", [4], 16), data: [1] }] }, FOUR), /"a" has both data and/);
  refused(request({ inputs: [{ ...input("a", "FP32", [4], 16), name: 5 }] }, FOUR), /an input has no name/);
  refused(request({ inputs: [input("a", "FP31", [4], 16)] }, FOUR), /"a" has a datatype that is none/);
});

Deno.test("decodeBinaryRequest() refuses BYTES whose lengths lie", () => {
  const of = (shape: number[], bytes: number[]) =>
    request({ inputs: [input("a", "BYTES", shape, bytes.length)] }, new Uint8Array(bytes));
  refused(of([1], [255, 255, 255, 255, 1]), /"a" as BYTES: its value 0 of 1 goes beyond the end/);
  refused(of([2], [0, 0, 0, 0]), /2 values need 8 bytes for their lengths alone/);
  refused(of([1], [0, 0, 0, 0, 1]), /behind its 1 values are 1 bytes more/);
  refused(of([1e15], [0, 0, 0, 0]), /for their lengths alone/);
});

Deno.test("decodeBinaryRequest() refuses a header that is no length of the body, and JSON that is none", () => {
  const { body } = request({ inputs: [input("a", "FP32", [4], 16)] }, FOUR);
  for (const headerLength of ["-1", "1e2", "x", "", " 5", "99999999999999999999", "1000", "5, 5"]) {
    refused({ body, headerLength }, /its header Inference-Header-Content-Length is/);
  }
  refused({ body, headerLength: "5" }, /Cannot read the body as application\/json/);
  refused(request("[1]", FOUR), /16 bytes follow its JSON, which has no inputs/);
  refused(request("", new Uint8Array()), /what the model takes is not known/);
  refused(request("[".repeat(100_000)), /Cannot read the body as application\/json/);
});

Deno.test("decodeBinaryRequest() takes JSON alone, also MLRun's", () => {
  deepStrictEqual(read(request({ inputs: [[1]] })), { inputs: [[1]] });
});

Deno.test("decodeBinaryRequest() reads a raw request as the model's one input", () => {
  const raw = (bytes: Uint8Array) => ({ body: bytes, headerLength: "0" });
  const x = { name: "x", datatype: "FP32", shape: [-1, 2] };
  const parameters = { binary_data_output: true };
  deepStrictEqual(read(raw(FOUR), [x]), {
    parameters,
    inputs: [{ name: "x", datatype: "FP32", shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) }],
  });
  deepStrictEqual(read(raw(TEXT.encode("any text")), [{ name: "t", datatype: "BYTES", shape: ["n", 1] }]), {
    parameters,
    inputs: [{ name: "t", datatype: "BYTES", shape: [1, 1], data: ["any text"] }],
  });
  deepStrictEqual(read(raw(FOUR), [{ ...x, shape: [] }]).inputs[0].shape, [4]);
  deepStrictEqual(read(raw(FOUR), [{ ...x, shape: [4] }]).inputs[0].shape, [4]);
  refused(raw(FOUR), /what the model takes is not known/);
  refused(raw(FOUR), /the model takes 2/, [x, x]);
  refused(raw(FOUR), /more than one size of input "x" is free/, [{ ...x, shape: [-1, -1] }]);
  refused(raw(FOUR), /its 16 bytes are not FP32 of shape \[-1,3\]/, [{ ...x, shape: [-1, 3] }]);
  refused(raw(FOUR), /its 2 values need 8 bytes, and there are 16/, [{ ...x, shape: [2] }]);
  refused(raw(FOUR), /its 16 bytes are not FP32/, [{ ...x, shape: [-1, 0] }]);
  refused(raw(FOUR), /has a datatype that is none/, [{ ...x, datatype: "X" }]);
});

Deno.test("decodeBinaryRequest() keeps fields called __proto__ what they are: fields", () => {
  const json =
    `{"__proto__":{"evil":1},"inputs":[{"__proto__":{"evil":1},"name":"__proto__","datatype":"FP32","shape":[4],` +
    `"parameters":{"__proto__":{"evil":1},"binary_data_size":16}}]}`;
  const body = read(request(json, FOUR)) as unknown as Record<string, unknown>;
  strictEqual(Object.getPrototypeOf(body), Object.prototype);
  strictEqual(body.evil, undefined);
  strictEqual(({} as Record<string, unknown>).evil, undefined);
  strictEqual(decodeTensorRequest(body as unknown as TensorRequestBody).inputs[0]!.name, "__proto__");
});

Deno.test("decodeBinaryRequest() and decodeTensorRequest() answer broken bytes by a refusal, and by nothing else", () => {
  const json = {
    id: "7",
    parameters: { binary_data_output: true },
    inputs: [
      input("a", "FP32", [2, 2], 16),
      { name: "b", datatype: "INT64", shape: [2], data: [1, 2] },
      input("c", "BYTES", [2], 11),
      input("d", "BOOL", [1], 1),
    ],
    outputs: [{ name: "y", parameters: { binary_data: true } }],
  };
  const { body, headerLength } = request(json, new Uint8Array([...FOUR, 2, 0, 0, 0, 0x68, 0x69, 1, 0, 0, 0, 0xff, 1]));
  const random = randomFrom(7);
  const below = (limit: number) => Math.floor(random() * limit);
  const counts = { read: 0, refused: 0 };
  for (let round = 0; round < 20_000; round++) {
    let bytes = body.slice();
    for (let change = below(4); change >= 0; change--) {
      const at = below(bytes.length);
      const kind = below(4);
      if (kind === 0) bytes[at] = below(256);
      else if (kind === 1) bytes[at] = bytes[below(bytes.length)]!;
      else if (kind === 2) bytes = bytes.slice(0, at + 1);
      else bytes = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(below(at + 1))]);
    }
    const length = below(4) === 0 ? String(below(bytes.length + 2)) : headerLength;
    try {
      const read = decodeBinaryRequest(bytes, { headerLength: length, inputs: () => [] });
      if (isTensorRequest(read)) decodeTensorRequest(read);
      counts.read += 1;
    } catch (error) {
      if (!(error instanceof StatusError) || error.status !== 400) throw error;
      counts.refused += 1;
    }
  }
  strictEqual(counts.read > 100 && counts.refused > 10_000, true, JSON.stringify(counts));
});
