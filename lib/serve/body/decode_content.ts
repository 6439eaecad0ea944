import { describeThrown, StatusError } from "../../errors.ts";
import { joinBytes } from "../../protocol/join_bytes.ts";

/** What a body may be packed as, and what Deno calls it. */
const FORMATS: ReadonlyMap<string, CompressionFormat> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
]);
const STEP_BYTES = 8_192; // a packed byte may unpack to a thousand: no more than 8 MB at a time, before the limit is asked

/**
 * Unpacks a body that came with a `Content-Encoding`: gzip or deflate.
 *
 * @param limitBytes How many bytes it may have unpacked; what is larger is given up as soon as that shows.
 * @throws {StatusError} 415 for another coding, 400 where the bytes are not what the coding says, 413 beyond the limit.
 */
export async function decodeContent(
  bytes: Uint8Array,
  { coding, limitBytes }: { readonly coding: string; readonly limitBytes: number },
): Promise<Uint8Array> {
  const name = coding.trim().toLowerCase();
  if (name === "" || name === "identity" || bytes.length === 0) return bytes;
  const format = FORMATS.get(name);
  if (format === undefined) {
    throw new StatusError(
      415,
      `Cannot unpack the body as ${JSON.stringify(coding.slice(0, 40))}: send gzip or deflate`,
    );
  }
  const stream = new DecompressionStream(format);
  const feeding = feed(stream.writable.getWriter(), bytes);
  try {
    return await collect(stream.readable.getReader(), limitBytes);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw new StatusError(400, `Cannot unpack the body as ${name}: ${describeThrown(error).message}`, { cause: error });
  } finally {
    await feeding;
  }
}

/** Hands over the bytes, until the other side wants no more; why it does not is told there. */
async function feed(writer: WritableStreamDefaultWriter<BufferSource>, bytes: Uint8Array): Promise<void> {
  try {
    for (let start = 0; start < bytes.length; start += STEP_BYTES) {
      await writer.write(bytes.subarray(start, start + STEP_BYTES) as Uint8Array<ArrayBuffer>);
    }
    await writer.close();
  } catch {
    // the reader has it too
  }
}

async function collect(reader: ReadableStreamDefaultReader<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    total += value.length;
    if (total > limitBytes) {
      const refusal = new StatusError(413, `Cannot take the body: unpacked it has more than ${limitBytes} bytes`);
      await reader.cancel(refusal);
      throw refusal;
    }
    chunks.push(value);
  }
  return joinBytes(chunks);
}
