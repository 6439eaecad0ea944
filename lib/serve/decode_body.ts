import { decodeBytes } from "../protocol/decode_bytes.ts";

/**
 * Reads a request's body by its content type, or by this one where it names none; see `decodeBytes`.
 *
 * @throws {StatusError} 400 if the request says that it is JSON and it is not.
 */
export async function decodeBody(request: Request, defaultContentType = ""): Promise<unknown> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  return decodeBytes(bytes, request.headers.get("content-type") ?? defaultContentType);
}
