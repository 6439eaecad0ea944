import { StatusError } from "../errors.ts";
import type { ModelFacts } from "../graph/served_model.ts";
import { decodeBinaryRequest } from "../protocol/binary_request.ts";
import { decodeBytes } from "../protocol/decode_bytes.ts";
import { decodeContent } from "./decode_content.ts";
import type { TakenBody } from "./intake.ts";

/** How a body is read. */
export interface BodyOptions {
  /** The content type of a body that comes without one; see `decodeBytes`. */
  readonly defaultContentType?: string | undefined;
  /** Reads and counts the body, and says how large it may be. Default: whole, and up to 64 MiB unpacked. */
  readonly taken?: TakenBody | undefined;
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
  const { defaultContentType = "", taken, inputs = () => [] } = options;
  const { headers } = request;
  let bytes = await readBytes(request, taken);
  const coding = headers.get("content-encoding");
  if (coding !== null) {
    taken?.unpack(bytes.length);
    bytes = await decodeContent(bytes, { coding, limitBytes: taken?.limitBytes ?? LIMIT_BYTES });
  }
  const headerLength = headers.get("inference-header-content-length");
  if (headerLength !== null) return decodeBinaryRequest(bytes, { headerLength, inputs });
  return decodeBytes(bytes, headers.get("content-type") ?? defaultContentType);
}

async function readBytes(request: Request, taken: TakenBody | undefined): Promise<Uint8Array> {
  try {
    return taken === undefined ? new Uint8Array(await request.arrayBuffer()) : await taken.read(request);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StatusError(400, `Cannot read the request's body: it broke off (${why})`, { cause: error });
  }
}
