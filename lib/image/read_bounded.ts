import { ImageError } from "./image_error.ts";

/**
 * Reads what comes, as long as it is no more than may come.
 *
 * @throws {ImageError} If it is more; nothing of it is read on.
 */
export async function readBounded(
  act: string,
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  { most, what }: { readonly most: number; readonly what: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of stream ?? []) {
    size += part.length;
    if (size > most) throw new ImageError(`Cannot ${act}: ${what} has more than ${most} bytes`);
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
