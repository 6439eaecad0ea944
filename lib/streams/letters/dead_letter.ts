import { escapeText, oneLine } from "../../draw/escape.ts";
import { FONT, scrolling, themed } from "../../draw/theme.ts";
import type { Burial, LookedRecord, RecordError, Replay } from "../stream.ts";
import { bodyJson, bodyText } from "./body_text.ts";

const SHOWN_LETTERS = 20_000; // of a body in a notebook: it is kept in a file

/** A record that came to nothing, with all that is known of it; as a cell's value it shows itself whole. */
export class DeadLetter<Body = unknown> implements LookedRecord<Body> {
  /** The record's own. */
  readonly id: string;
  /** The record's own. */
  readonly key: string | undefined;
  /** The record's own; bytes where `unreadable` says why. */
  readonly body: Body;
  /** The body as it travels; undefined where MLRun's wrapper was taken off it. */
  readonly bytes: Uint8Array | undefined;
  /** What travelled beside the body. */
  readonly headers: Headers;
  /** When it happened. */
  readonly time: Date;
  /** The path of the event that it was. */
  readonly path: string | undefined;
  /** Where it stands in the stream of dead letters. */
  readonly partition: string;
  /** Where it stands in its partition. */
  readonly offset: string;
  /** 0: it is only looked at. `burial.tries` tells how often it was tried. */
  readonly tries: number;
  /** Why the body is not what its content type says. */
  readonly unreadable: string | undefined;
  /** What went wrong, in which step; undefined where another hand than Levada's wrote it here. */
  readonly error: RecordError | undefined;
  /** Who gave it up, and when. */
  readonly burial: Burial | undefined;
  /** Who had sent it again before it failed once more. */
  readonly replay: Replay | undefined;

  /** Made by `DeadLetters`. */
  constructor(record: LookedRecord<Body>) {
    this.id = record.id;
    this.key = record.key;
    this.body = record.body;
    this.bytes = record.bytes;
    this.headers = record.headers;
    this.time = record.time;
    this.path = record.path;
    this.partition = record.partition;
    this.offset = record.offset;
    this.tries = record.tries;
    this.unreadable = record.unreadable;
    this.error = record.error;
    this.burial = record.burial;
    this.replay = record.replay;
  }

  /** For programs: the same as JSON, the body as it travels, one of bytes as `bodyBase64`. */
  toJSON(): Record<string, unknown> {
    const { id, key, body, time, path, partition, offset, unreadable, error, burial, replay } = this;
    return {
      id,
      key,
      ...body instanceof Uint8Array ? { bodyBase64: body.toBase64() } : { body: bodyJson(body) },
      headers: Object.fromEntries(this.headers),
      time,
      path,
      unreadable,
      error,
      burial,
      replay,
      partition,
      offset,
    };
  }

  /** Everything as plain text. */
  get text(): string {
    const facts = this.#facts();
    const width = Math.max(...facts.map(([name]) => name.length));
    const lines = facts.map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}`);
    return `${lines.join("\n")}\n\n${linesOf(bodyText(this, { isWhole: true }))}`;
  }

  /** Both forms, where notebooks look for them. */
  [Symbol.for("Jupyter.display")](): Record<string, unknown> {
    const body = bodyText(this, { isWhole: true });
    const rest = body.length - SHOWN_LETTERS;
    const shown = rest > 0 ? `${body.slice(0, SHOWN_LETTERS)}\n… and ${rest} more characters` : body;
    const rows = this.#facts().map(([name, value]) =>
      `<dt>${escapeText(name)}</dt><dd>${escapeText(linesOf(value))}</dd>`
    );
    return {
      "text/html": `<div class="levada-letter"><style>${STYLE}</style><dl>${rows.join("")}</dl><pre>${
        escapeText(linesOf(shown))
      }</pre></div>`,
      "text/plain": this.text,
    };
  }

  #facts(): [name: string, value: string][] {
    const { id, key, error, burial, replay, time, path, partition, offset, unreadable } = this;
    const who = replay &&
      `by ${replay.by} at ${replay.at.toISOString()}${replay.count === 1 ? "" : `, ${replay.count} times by then`}`;
    const facts: [string, string | undefined][] = [
      ["id", id],
      ["key", key],
      ["error", error && `${error.name}: ${error.message}`],
      ["step", error?.step],
      ["group", burial?.group],
      ["tries", burial && burial.tries > 0 ? String(burial.tries) : undefined],
      ["given up", burial?.at.toISOString()],
      ["cut off", burial?.cut],
      ["sent again", who],
      ["happened", time.toISOString()],
      ["path", path],
      ["place", `partition ${partition}, offset ${offset}`],
      ["unreadable", unreadable],
      ...[...this.headers].map(([name, value]): [string, string] => [`header ${name}`, value]),
    ];
    return facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== "");
  }
}

/** Text whose lines can neither move a terminal's cursor nor turn the text around them. */
function linesOf(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(/[^\P{Cc}\n\t]/gu, "\ufffd").replaceAll(
    /[\u202a-\u202e\u2066-\u2069]/g,
    "",
  );
}

const STYLE = `${themed(".levada-letter")}
${scrolling(".levada-letter pre")}
.levada-letter{font:13px/1.45 ${FONT};color:inherit}
.levada-letter dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 18px;margin:0 0 8px 4px}
.levada-letter dt{color:var(--soft);font-weight:600;margin:0;float:none}
.levada-letter dd{color:var(--ink);margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.levada-letter pre{color:var(--ink);background:var(--fill);border:1px solid var(--faint);border-radius:4px;margin:0 4px;padding:8px 10px;max-height:32em;overflow:auto}`;
