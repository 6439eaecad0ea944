import { jsonText } from "../../protocol/json_text.ts";
import { wholeText } from "../../tensor/whole_text.ts";

/** How the chunks of one reply look on the wire. */
export interface StreamForm {
  readonly contentType: string;
  /**
   * One chunk as bytes; none where it ends within a character, whose rest the next one has.
   *
   * @throws {TypeError} If JSON cannot hold it, or it is to be text and is none.
   */
  write(chunk: unknown): Uint8Array<ArrayBuffer>;
  /**
   * Nothing follows.
   *
   * @throws {TypeError} If the last chunk ended within a character.
   */
  end?(): void;
  /** A failure behind the first chunk; undefined where the form has no word for it, so that the connection has to break. */
  fail?(body: object): Uint8Array<ArrayBuffer>;
  /** What says nothing, and keeps proxies from ending an idle connection; undefined where the form has no such thing. */
  readonly idle?: Uint8Array<ArrayBuffer>;
}

const UTF8 = new TextEncoder();
const NOTHING = new Uint8Array();

const SERVER_SENT_EVENTS = "text/event-stream";

/** Server-sent events: one event a chunk, text as it is and everything else as JSON; a failure is an event `error`. */
function serverSentEvents(): StreamForm {
  const text = new ChunkText();
  return {
    contentType: SERVER_SENT_EVENTS,
    write(chunk) {
      const data = text.of(chunk);
      return data === "" && chunk !== "" ? NOTHING : UTF8.encode(event(data));
    },
    end: () => text.end(),
    fail: (body) => UTF8.encode(`event: error\n${event(JSON.stringify(body))}`),
    idle: UTF8.encode(":\n\n"),
  };
}

/** One line of JSON a chunk; a failure is a last line `{ error, status, step?, id }`. */
function jsonLines(): StreamForm {
  return {
    contentType: "application/x-ndjson",
    write: (chunk) => UTF8.encode(`${jsonText(chunk ?? null, "send a chunk")}\n`),
    fail: (body) => UTF8.encode(`${JSON.stringify(body)}\n`),
  };
}

function plainText(): StreamForm {
  const text = new ChunkText();
  return {
    contentType: "text/plain; charset=utf-8",
    write: (chunk) => UTF8.encode(text.of(chunk)),
    end: () => text.end(),
  };
}

function plainBytes(): StreamForm {
  const text = new ChunkText();
  return {
    contentType: "application/octet-stream",
    write(chunk) {
      if (!(chunk instanceof Uint8Array)) return UTF8.encode(text.of(chunk));
      text.end();
      return chunk as Uint8Array<ArrayBuffer>;
    },
    end: () => text.end(),
  };
}

/**
 * The form of a streamed reply: what the caller asks for by name, else what the first chunk is: text, bytes, or lines of JSON.
 *
 * @param accept The request's header; a type with `q=0` is one that the caller does not take, and `*` asks for nothing by name.
 */
export function streamForm(first: unknown, accept: string | null): StreamForm {
  const asked = formAccepted(accept);
  if (asked !== undefined) return asked;
  if (typeof first === "string") return plainText();
  return first instanceof Uint8Array ? plainBytes() : jsonLines();
}

/** What a request takes: server-sent events where its path is `generate_stream`, as the open inference protocol says; else its header. */
export function acceptedForm(path: string, headers: Headers): string | null {
  return path.endsWith("/generate_stream") ? SERVER_SENT_EVENTS : headers.get("accept");
}

const BY_NAME: Readonly<Record<string, () => StreamForm>> = {
  [SERVER_SENT_EVENTS]: serverSentEvents,
  "application/x-ndjson": jsonLines,
  "application/ndjson": jsonLines,
  "application/jsonl": jsonLines,
};

/** The form that the header likes best, of those that it names; the first of several that it likes as much. */
function formAccepted(accept: string | null): StreamForm | undefined {
  let best: { readonly form: () => StreamForm; readonly weight: number } | undefined;
  for (const range of (accept ?? "").split(",")) {
    const [name, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const form = Object.hasOwn(BY_NAME, name!) ? BY_NAME[name!] : undefined;
    if (form === undefined) continue;
    const given = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const weight = given === undefined ? 1 : Number(given.replace(/^q\s*=/, ""));
    if (weight > 0 && (best === undefined || weight > best.weight)) best = { form, weight };
  }
  return best?.form();
}

/** The chunks of one reply as text: bytes and strings may be cut inside a character, whose rest comes with the next. */
class ChunkText {
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #isCut = false;
  /** The first half of a surrogate pair. */
  #half = "";

  /** One chunk; nothing may be told of it yet. */
  of(chunk: unknown): string {
    if (typeof chunk === "string") {
      this.#endBytes();
      return this.#whole(chunk);
    }
    this.#endHalf();
    if (chunk instanceof Uint8Array) {
      this.#isCut = true;
      return this.#decode(chunk, true);
    }
    this.#endBytes();
    return jsonText(chunk ?? null, "send a chunk");
  }

  /** No more follows. */
  end(): void {
    this.#endBytes();
    this.#endHalf();
  }

  #whole(chunk: string): string {
    const text = this.#half + chunk;
    this.#half = FIRST_HALF.test(text) ? text.at(-1)! : "";
    const whole = this.#half === "" ? text : text.slice(0, -1);
    return wholeText(whole, AS_TEXT);
  }

  #endHalf(): void {
    wholeText(this.#half, AS_TEXT);
  }

  #endBytes(): void {
    if (this.#isCut) this.#decode(undefined, false);
    this.#isCut = false;
  }

  #decode(bytes: Uint8Array | undefined, stream: boolean): string {
    try {
      return this.#utf8.decode(bytes, { stream });
    } catch (cause) {
      throw new TypeError(
        "Cannot send a chunk as text: its bytes are not UTF-8. Send bytes only, to callers that ask for no text",
        { cause },
      );
    }
  }
}

const FIRST_HALF = /[\ud800-\udbff]$/;
const AS_TEXT = "send a chunk as text";

function event(data: string): string {
  return `${data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("")}\n`;
}
