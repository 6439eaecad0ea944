import { describeThrown, StatusError } from "../../errors.ts";
import type { ModelFacts } from "../../graph/served_model.ts";
import { decodeBinaryRequest } from "../../protocol/binary_request.ts";
import { decodeBytes, decodeSlices } from "../../protocol/decode_bytes.ts";
import { decodeBodySlices } from "../../protocol/request_body.ts";
import { decodeContent } from "./decode_content.ts";
import type { TakenBody } from "../limits/intake.ts";
import type { JsonThread } from "./json_thread.ts";

/** How a body is read. */
export interface BodyOptions {
  /** The request's. */
  readonly headers: Headers;
  /** The content type of a body that comes without one; see `decodeBytes`. */
  readonly defaultContentType?: string | undefined;
  /** Counts what is unpacked, and says how large it may be. Default: up to 64 MiB. */
  readonly taken?: TakenBody | undefined;
  /** Reads large requests of tensors beside the others. Default: they are read here. */
  readonly thread?: JsonThread | undefined;
  /** Aborts when the caller leaves. Default: never. */
  readonly callerSignal?: () => AbortSignal;
  /** Whether a router alone takes the body, which reads text and bytes as JSON where they are an object: long ones are read so here. Default false. */
  readonly readsObjects?: boolean;
  /** What the model takes that is asked, for a body that is the bytes of one tensor. Default: that is not known. */
  readonly inputs?: () => ModelFacts["inputs"];
}

const SMALL_BYTES = 65_536;
const START_BYTES = 1_024;
const LATIN1 = new TextDecoder("latin1");
const LIMIT_BYTES = 64 * 2 ** 20;

/**
 * Reads the bytes of a request's body.
 *
 * @param taken Reads and counts it, and says how large it may be. Default: it is read whole.
 * @throws {StatusError} 400 if it breaks off; 408, 413 and 503 as `TakenBody` does.
 */
export function readBytes(request: Request, taken?: TakenBody): Promise<Uint8Array> {
  return taken === undefined ? request.bytes().catch(brokeOff) : taken.read(request, brokeOff);
}

/**
 * Reads a body by its content type, see `decodeBytes`, or, with the header `Inference-Header-Content-Length`, as the binary tensor extension
 * of the open inference protocol; unpacked, which takes time, where it came packed.
 *
 * @throws {StatusError} 400 if it is not what the request says; 413 and 415 as `decodeContent` does.
 */
export function decodeBody(bytes: Uint8Array, options: BodyOptions): unknown {
  const { headers, taken } = options;
  const coding = headers.get("content-encoding");
  if (coding === null) return decode(bytes, options);
  taken?.unpack(bytes.length);
  return decodeContent(bytes, { coding, limitBytes: taken?.limitBytes ?? LIMIT_BYTES })
    .then((unpacked) => decode(unpacked, options));
}

function decode(
  bytes: Uint8Array,
  { headers, defaultContentType = "", taken, thread, callerSignal, readsObjects = false, inputs = () => [] }:
    BodyOptions,
): unknown {
  const headerLength = headers.get("inference-header-content-length");
  if (headerLength !== null) return decodeBinaryRequest(bytes, { headerLength, inputs });
  const type = headers.get("content-type") ?? defaultContentType;
  if (thread?.takes(bytes) === true && type.startsWith("application/json")) {
    return thread.read(bytes, callerSignal?.());
  }
  const read = () => decodeBytes(bytes, type);
  if (taken === undefined || !becomesJson(bytes, type)) return read();
  return taken.readJson(bytes.length, read, () => {
    const signal = callerSignal?.();
    const again = () => thread === undefined ? read() : thread.read(bytes, signal);
    return whileThere(slicesOf(bytes, { type, readsObjects, again }), signal);
  });
}

interface Sliced {
  readonly type: string;
  readonly readsObjects: boolean;
  readonly again: () => unknown;
}

function* slicesOf(bytes: Uint8Array, { type, readsObjects, again }: Sliced): Generator<void, unknown> {
  const body = yield* decodeSlices(bytes, type, again);
  return readsObjects ? yield* decodeBodySlices(body, again) : body;
}

/** Takes slices as long as the caller is there. */
function* whileThere(slices: Iterator<void, unknown>, signal: AbortSignal | undefined): Generator<void, unknown> {
  for (;;) {
    if (signal?.aborted === true) throw new StatusError(499, "The caller left before its body was read");
    const slice = slices.next();
    if (slice.done === true) return slice.value;
    yield;
  }
}

/** Whether a body is read as JSON: by its type, or later by a router, which reads whatever begins as an object does. */
function becomesJson(bytes: Uint8Array, type: string): boolean {
  if (bytes.length < SMALL_BYTES) return false; // nobody counts those
  if (/json/i.test(type)) return true;
  const start = LATIN1.decode(bytes.subarray(0, START_BYTES)).replace(/^\xef\xbb\xbf/, "").trimStart();
  return start === "" || start.startsWith("{") || (type === "" && start.startsWith("["));
}

function brokeOff(error: unknown): never {
  if (error instanceof StatusError) throw error;
  const why = describeThrown(error).message;
  throw new StatusError(400, `Cannot read the request's body: it broke off (${why})`, { cause: error });
}
