import { encodeReply } from "./encode_reply.ts";
import { headerText } from "./header_text.ts";

type Write = (chunk: unknown) => Promise<Uint8Array<ArrayBuffer>>;

const TEXT = new TextEncoder();

/**
 * Writes the chunks of a streaming reply as they come: as server-sent events where the caller accepts them, else text as text, bytes
 * as bytes, and anything else as one line of JSON each. The step that makes them is asked for the next when there is room.
 */
export async function encodeStream(
  chunks: AsyncIterator<unknown>,
  { accept, id }: { accept: string | null; id: string },
): Promise<Response> {
  const first = await chunks.next();
  const [type, write] = formOf(first.value, accept);
  let ready: IteratorResult<unknown> | undefined = first;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next: IteratorResult<unknown> = ready ?? await chunks.next();
      ready = undefined;
      if (next.done === true) controller.close();
      else controller.enqueue(await write(next.value));
    },
    async cancel() {
      await chunks.return?.();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": type, "x-event-id": headerText(id) } });
}

function formOf(first: unknown, accept: string | null): readonly [type: string, write: Write] {
  if (accept?.includes("text/event-stream") === true) {
    return ["text/event-stream", async (chunk) => sse(await text(chunk))];
  }
  if (typeof first === "string") return ["text/plain; charset=utf-8", async (chunk) => TEXT.encode(await text(chunk))];
  if (first instanceof Uint8Array) return ["application/octet-stream", bytes];
  return ["application/x-ndjson", async (chunk) => TEXT.encode(`${await json(chunk)}\n`)];
}

async function bytes(chunk: unknown): Promise<Uint8Array<ArrayBuffer>> {
  return chunk instanceof Uint8Array ? chunk as Uint8Array<ArrayBuffer> : TEXT.encode(await text(chunk));
}

/** A chunk as the reply would be written that consists of it alone. */
async function text(chunk: unknown): Promise<string> {
  return await encodeReply(chunk ?? null, "").text();
}

async function json(chunk: unknown): Promise<string> {
  return typeof chunk === "string" ? JSON.stringify(chunk) : await text(chunk);
}

function sse(data: string): Uint8Array<ArrayBuffer> {
  return TEXT.encode(`${data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("")}\n`);
}
