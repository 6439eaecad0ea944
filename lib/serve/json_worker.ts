/**
 * Reads large JSON requests of the open protocol in a thread of their own, so that the server answers others meanwhile. Their numbers go
 * back as typed arrays, which are handed over; lists would be copied, which holds the server up as long as reading them.
 */

import { describeThrown, isA, StatusError } from "../errors.ts";
import { parseJson } from "../protocol/parse_json.ts";
import { decodeTensorRequest, isTensorRequest, type TensorRequestBody } from "../protocol/tensor_request.ts";

/** What the thread is given. */
export interface ReadWish {
  readonly bytes: Uint8Array;
}

/** What it gives back. */
export type ReadAnswer =
  | { readonly body: unknown }
  | { readonly status: number | undefined; readonly message: string };

interface Thread {
  onmessage: ((event: MessageEvent<ReadWish>) => void) | null;
  postMessage(answer: ReadAnswer, transfer?: Transferable[]): void;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const thread = globalThis as unknown as Thread;

thread.onmessage = ({ data: { bytes } }) => {
  try {
    const body = parseJson(UTF8.decode(bytes));
    const packed = isTensorRequest(body) && !Object.hasOwn(body, "operation") // which may ask for what takes the body as it came
      ? pack(body)
      : { body, buffers: [] };
    thread.postMessage({ body: packed.body }, packed.buffers);
  } catch (error) {
    const status = isA(error, StatusError) ? error.status : undefined;
    thread.postMessage({ status, message: describeThrown(error).message });
  }
};

/** The same request with typed arrays in the place of lists of numbers. */
function pack(body: TensorRequestBody): { body: unknown; buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const { inputs } = decodeTensorRequest(body);
  const packed = body.inputs.map((input, index) => {
    const { data } = inputs[index]!;
    if (!ArrayBuffer.isView(data)) return input;
    buffers.push(data.buffer as ArrayBuffer);
    return { ...input as object, data };
  });
  return { body: { ...body, inputs: packed }, buffers };
}
