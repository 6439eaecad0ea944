import { StatusError } from "../errors.ts";
import type { ModelFacts } from "../graph/served_model.ts";
import { decodeBinaryRequest } from "../protocol/binary_request.ts";
import { decodeBytes } from "../protocol/decode_bytes.ts";
import { decodeContent } from "./decode_content.ts";

/** How a body is read. */
export interface BodyOptions {
  /** The content type of a body that comes without one; see `decodeBytes`. */
  readonly defaultContentType?: string | undefined;
  /** How many bytes a packed body may have when it is unpacked. Default 64 MiB. */
  readonly limitBytes?: number;
  /** What the model takes that is asked, for a body that is the bytes of one tensor. Default: that is not known. */
  readonly inputs?: () => ModelFacts["inputs"];
}

const LIMIT_BYTES = 64 * 2 ** 20;

/**
 * Reads a request's body by its content type, see `decodeBytes`, or, with the header `Inference-Header-Content-Length`, as the binary
 * tensor extension of the open inference protocol; unpacked where it came packed.
 *
 * @throws {StatusError} 400 if it breaks off, or is not what the request says; 413 and 415 as `decodeContent` does.
 */
export async function decodeBody(request: Request, options: BodyOptions = {}): Promise<unknown> {
  const { defaultContentType = "", limitBytes = LIMIT_BYTES, inputs = () => [] } = options;
  const { headers } = request;
  let bytes = await readBytes(request);
  const coding = headers.get("content-encoding");
  if (coding !== null) bytes = await decodeContent(bytes, { coding, limitBytes });
  const headerLength = headers.get("inference-header-content-length");
  if (headerLength !== null) return decodeBinaryRequest(bytes, { headerLength, inputs });
  return decodeBytes(bytes, headers.get("content-type") ?? defaultContentType);
}

async function readBytes(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StatusError(400, `Cannot read the request's body: it broke off (${why})`, { cause: error });
  }
}
