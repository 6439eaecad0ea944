import { StatusError } from "../errors.ts";
import { decodeBytes } from "../protocol/decode_bytes.ts";

/**
 * Reads a request's body by its content type, or by this one where it names none; see `decodeBytes`.
 *
 * @throws {StatusError} 400 if it breaks off, or if the request says that it is JSON and it is not.
 */
export async function decodeBody(request: Request, defaultContentType = ""): Promise<unknown> {
  return decodeBytes(await readBytes(request), request.headers.get("content-type") ?? defaultContentType);
}

async function readBytes(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StatusError(400, `Cannot read the request's body: it broke off (${why})`, { cause: error });
  }
}
