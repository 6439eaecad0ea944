/**
 * Reads large JSON requests of the open protocol in a thread of their own, so that the server answers others meanwhile. Their numbers go
 * back as typed arrays, which are handed over; lists would be copied, which holds the server up as long as reading them.
 */

import { describeThrown, isA, StatusError } from "../../errors.ts";
import { parseJson } from "../../protocol/parse_json.ts";
import { isTensorRequest, withTensors } from "../../protocol/tensor_request.ts";
import type { Tensor } from "../../tensor/tensor.ts";

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
    const body = withTensors(parseJson(UTF8.decode(bytes)));
    refuseMany(body);
    thread.postMessage({ body }, buffersOf(body));
  } catch (error) {
    const status = isA(error, StatusError) ? error.status : undefined;
    thread.postMessage({ status, message: describeThrown(error).message });
  }
};

const MOST_VALUES = 4_000_000; // copied in a second, which holds the server up; numbers of tensors are handed over and not counted

/** Refuses what would be copied for too long, and take too much memory: as much as JSON may that is not read here. */
function refuseMany(body: unknown): void {
  const open: object[] = [];
  let count = 0;
  for (let value: unknown = body; value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) continue;
    const values: unknown[] = Array.isArray(value) ? value : Object.values(value);
    count += values.length;
    if (count > MOST_VALUES) {
      throw new StatusError(
        413,
        `Cannot take the body: it has more than ${MOST_VALUES} values beside numbers of tensors`,
      );
    }
    for (const inner of values) if (typeof inner === "object" && inner !== null) open.push(inner);
  }
}

/** What is handed over: the numbers of tensors. */
function buffersOf(body: unknown): ArrayBuffer[] {
  if (!isTensorRequest(body)) return [];
  const tensors = body.inputs as unknown as readonly Tensor[];
  return tensors.flatMap(({ data }) => ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : []);
}
