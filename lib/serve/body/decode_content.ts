import { setImmediate } from "node:timers/promises";
import { createGunzip, createInflate } from "node:zlib";
import { describeThrown, StatusError } from "../../errors.ts";
import { joinBytes } from "../../protocol/join_bytes.ts";

/** What a body may be packed as, and what unpacks it. Deno's own `DecompressionStream` takes deflate that was cut off for whole (2.9.6). */
const UNPACKERS: ReadonlyMap<string, typeof createGunzip | typeof createInflate> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
]);
const STEP_BYTES = 65_536; // unpacked at a time, before the limit is asked
const TURN_BYTES = 1_048_576; // 10 ms: then others have a turn

/**
 * Unpacks a body that came with a `Content-Encoding`: gzip, also of several members (RFC 1952, 2.2), or deflate.
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
  const open = UNPACKERS.get(name);
  if (open === undefined) {
    throw new StatusError(
      415,
      `Cannot unpack the body as ${JSON.stringify(coding.slice(0, 40))}: send gzip or deflate`,
    );
  }
  const unpacker = open({ chunkSize: STEP_BYTES });
  unpacker.end(bytes);
  const chunks: Uint8Array[] = [];
  let total = 0;
  let turn = TURN_BYTES;
  try {
    for await (const chunk of unpacker as AsyncIterable<Uint8Array>) { // whoever leaves the loop ends it
      total += chunk.length;
      if (total > limitBytes) {
        throw new StatusError(413, `Cannot take the body: unpacked it has more than ${limitBytes} bytes`);
      }
      chunks.push(chunk);
      if (total < turn) continue;
      turn = total + TURN_BYTES;
      await setImmediate();
    }
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw new StatusError(400, `Cannot unpack the body as ${name}: ${describeThrown(error).message}`, { cause: error });
  }
  const behind = bytes.length - unpacker.bytesWritten;
  if (behind > 0) throw new StatusError(400, `Cannot unpack the body as ${name}: ${behind} bytes stand behind its end`);
  return chunks.length === 1 ? new Uint8Array(chunks[0]!) : joinBytes(chunks); // not a view of what was unpacked into
}
