import { endOfText } from "./json_depth.ts";
import { DEEPEST, tooDeep } from "./parse_json.ts";

const SLICE_LETTERS = 131_072; // parsed in 1 to 6 ms
const [QUOTE, COMMA, LIST, LIST_END, OBJECT, OBJECT_END] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];
const NOTHING = /^[ \t\n\r]*$/;

/**
 * Parses long JSON as `JSON.parse` does, in slices that take some milliseconds each, so that others can work between them: the generator
 * returns the value. A list or an object that a slice ends in is filled by those that follow.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { parseJsonSlices } from "./parse_json_slices.ts";
 *
 * const slices = parseJsonSlices(JSON.stringify({ rows: Array(100_000).fill([1, 2]) }));
 * let count = 0;
 * let next = slices.next();
 * for (; next.done !== true; next = slices.next()) count += 1;
 * strictEqual(count > 2, true);
 * strictEqual((next.value as { rows: unknown[] }).rows.length, 100_000);
 * ```
 *
 * @throws {SyntaxError} If it is no JSON.
 * @throws {RangeError} If lists and objects are more than 500 levels deep.
 */
export function parseJsonSlices(text: string): Generator<void, unknown> {
  return new SlicedText(text).parse();
}

type Node = unknown[] | Record<string, unknown>;

/** The lists and objects that are open where the text has been read to: by their depth, each of what is told. */
class SlicedText {
  readonly #text: string;
  #depth = 0;
  /** What each is filled with as slices end; undefined where it is not looked at before it ends: it is parsed with what it stands in. */
  readonly #nodes: (Node | undefined)[] = [];
  readonly #isList = new Uint8Array(DEEPEST);
  readonly #opened = new Int32Array(DEEPEST);
  /** From where on its members are not in its node. */
  readonly #from = new Int32Array(DEEPEST);
  /** Its last comma; before `from` where none follows that. */
  readonly #comma = new Int32Array(DEEPEST);
  /** Whether one that had a node of its own has just ended in it. */
  readonly #isBehind = new Uint8Array(DEEPEST);

  constructor(text: string) {
    this.#text = text;
  }

  *parse(): Generator<void, unknown> {
    const text = this.#text;
    let root: Node | undefined;
    let sliced = 0;
    for (let at = 0; at < text.length; at++) {
      switch (text.charCodeAt(at)) {
        case QUOTE:
          at = endOfText(text, at);
          break;
        case LIST:
          this.#open(at, 1);
          break;
        case OBJECT:
          this.#open(at, 0);
          break;
        case LIST_END:
          this.#close(at, 1);
          break;
        case OBJECT_END:
          this.#close(at, 0);
          break;
        case COMMA:
          this.#separate(at);
          if (at - sliced >= SLICE_LETTERS) {
            root = this.#slice(at);
            sliced = at;
            yield;
          }
      }
      if (this.#depth === 0 && root !== undefined) {
        this.#expectNothing(at + 1, text.length);
        return root;
      }
    }
    if (root !== undefined) throw new SyntaxError("Unexpected end of JSON input");
    return JSON.parse(text);
  }

  #open(at: number, isList: 0 | 1): void {
    const depth = this.#depth++;
    if (depth >= DEEPEST) throw tooDeep();
    this.#nodes[depth] = undefined;
    this.#isList[depth] = isList;
    this.#opened[depth] = at;
    this.#from[depth] = at + 1;
    this.#comma[depth] = at;
    this.#isBehind[depth] = 0;
  }

  #close(at: number, isList: 0 | 1): void {
    const depth = --this.#depth;
    if (depth < 0 || this.#isList[depth] !== isList) throw unexpected(this.#text[at]!, at);
    if (this.#nodes[depth] === undefined) return;
    if (this.#isBehind[depth] === 1) this.#expectNothing(this.#from[depth]!, at);
    else this.#fill(depth, at);
    if (depth === 0) return;
    this.#from[depth - 1] = at + 1;
    this.#isBehind[depth - 1] = 1;
  }

  #separate(at: number): void {
    const depth = this.#depth - 1;
    if (depth < 0) throw unexpected(",", at);
    this.#comma[depth] = at;
    if (this.#isBehind[depth] === 0) return;
    this.#expectNothing(this.#from[depth]!, at);
    this.#from[depth] = at + 1;
    this.#isBehind[depth] = 0;
  }

  /** Has all that is before a comma in nodes. */
  #slice(at: number): Node {
    if (this.#nodes[0] === undefined) this.#expectNothing(0, this.#opened[0]!);
    const root = this.#nodes[0] ??= this.#isList[0] === 1 ? [] : {};
    const last = this.#depth - 1;
    for (let depth = 0; depth < last; depth++) {
      if (this.#nodes[depth + 1] === undefined) this.#nodes[depth + 1] = this.#openIn(depth);
    }
    if (this.#from[last]! <= at) this.#fill(last, at);
    this.#from[last] = at + 1;
    return root;
  }

  /** The node of what is open in one, behind those that have ended there. */
  #openIn(depth: number): Node {
    const parent = this.#nodes[depth]!;
    const comma = this.#comma[depth]!;
    const opened = this.#opened[depth + 1]!;
    if (this.#isBehind[depth] === 1) throw unexpected(this.#text[opened]!, opened);
    if (comma >= this.#from[depth]!) this.#fill(depth, comma);
    const node = this.#isList[depth + 1] === 1 ? [] : {};
    const from = Math.max(comma + 1, this.#from[depth]!);
    if (Array.isArray(parent)) {
      this.#expectNothing(from, opened);
      parent.push(node);
    } else {
      const [key] = Object.keys(this.#parse(`{${this.#text.slice(from, opened)}null}`, from) as object);
      put(parent, key!, node);
    }
    return node;
  }

  /** Puts members into a node that end here. */
  #fill(depth: number, end: number): void {
    const node = this.#nodes[depth]!;
    const from = this.#from[depth]!;
    const members = this.#text.slice(from, end);
    if (NOTHING.test(members)) throw unexpected(this.#text[end]!, end);
    if (Array.isArray(node)) {
      for (const item of this.#parse(`[${members}]`, from) as unknown[]) node.push(item);
    } else {
      const part = this.#parse(`{${members}}`, from) as Record<string, unknown>;
      for (const key of Object.keys(part)) put(node, key, part[key]);
    }
  }

  #parse(text: string, from: number): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      const { message } = error as SyntaxError;
      throw new SyntaxError(message.replace(/ at position \d+.*$/, ` behind position ${from}`), { cause: error });
    }
  }

  #expectNothing(from: number, end: number): void {
    const rest = this.#text.slice(from, end);
    if (!NOTHING.test(rest)) {
      const at = from + rest.search(/[^ \t\n\r]/);
      throw unexpected(this.#text[at]!, at);
    }
  }
}

/** Sets an own property, also where its name is `__proto__`. */
function put(node: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") node[key] = value;
  else Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true });
}

function unexpected(letter: string, at: number): SyntaxError {
  return new SyntaxError(`Unexpected token ${JSON.stringify(letter)} in JSON at position ${at}`);
}
