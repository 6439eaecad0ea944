import { oneLine } from "../../draw/escape.ts";
import { redactText } from "../../redact_text.ts";
import type { DeadLetters } from "../../streams/dead_letters.ts";
import type { DeadLetter } from "../../streams/letters/dead_letter.ts";
import { type LetterFields, matcherOf } from "../../streams/letters/letter_choice.ts";
import { countLetters, rowOf } from "../../streams/letters/letter_table.ts";
import { type CommandContext, CommandError } from "../command.ts";
import { confirmed } from "../confirm.ts";
import { bodyFromEditor, bodyFromFile } from "./dlq_body.ts";
import { findByIds, findMatching, type FoundLetters, lettersIn, lettersOf } from "./dlq_streams.ts";
import { letterLines } from "./dlq_table.ts";

/** What is asked of `levada dlq`. */
export interface DlqWish {
  readonly verb: "list" | "show" | "replay" | "discard" | "acts";
  /** A deployment, or the path of a stream. */
  readonly name: string;
  readonly ids: readonly string[];
  readonly where: LetterFields | undefined;
  readonly isAll: boolean;
  readonly file: string | undefined;
  readonly isEdited: boolean;
  readonly reason: string | undefined;
  readonly by: string | undefined;
  readonly limit: number;
  readonly isJson: boolean;
  readonly isSure: boolean;
}

/** Does it. */
export async function runDlq(wish: DlqWish, context: CommandContext): Promise<number> {
  const streams = await lettersOf(wish.name, context);
  switch (wish.verb) {
    case "list":
      return await (wish.isJson ? listJson : list)(streams, wish, context);
    case "show":
      return await show(streams, wish, context);
    case "acts":
      return await tellActs(streams, wish, context);
    default:
      return await act(streams, wish, context);
  }
}

async function list(
  streams: readonly DeadLetters[],
  { name, where = {}, limit }: DlqWish,
  { terminal }: CommandContext,
): Promise<number> {
  const matches = matcherOf("list", where);
  let all = 0;
  for (const letters of streams) {
    const first: DeadLetter[] = [];
    let count = 0;
    for await (const letter of lettersIn(letters, { isOne: streams.length === 1 })) {
      if (matches(letter) && ++count <= limit) first.push(letter);
    }
    if (count === 0) continue;
    const rest = count > limit ? `, the first ${limit}` : "";
    terminal.out(`${all > 0 ? "\n" : ""}${oneLine(countLetters(count, letters.path))}${rest}\n`);
    for (const line of letterLines(first.map(rowOf), terminal.columns)) terminal.out(`${line}\n`);
    all += count;
  }
  if (all === 0) terminal.out(`No dead letters of ${oneLine(redactText(name))}${isEmpty(where) ? "" : " are so"}\n`);
  return 0;
}

/** One after another: there may be more than fit into memory. */
async function listJson(
  streams: readonly DeadLetters[],
  { where = {} }: DlqWish,
  { terminal }: CommandContext,
): Promise<number> {
  const matches = matcherOf("list", where);
  let before = "[\n";
  for (const letters of streams) {
    for await (const letter of lettersIn(letters, { isOne: streams.length === 1 })) {
      if (!matches(letter)) continue;
      terminal.out(`${before}${JSON.stringify({ stream: redactText(letters.path), ...letter.toJSON() })}`);
      before = ",\n";
    }
  }
  terminal.out(before === "[\n" ? "[]\n" : "\n]\n");
  return 0;
}

async function show(streams: readonly DeadLetters[], wish: DlqWish, { terminal }: CommandContext): Promise<number> {
  const { where = {}, ids, name, isJson } = wish;
  const matches = matcherOf("show", where);
  const found = (await findByIds(streams, ids, { name, act: "show it" }))
    .flatMap(({ letters, some }) => some.filter(matches).map((letter) => ({ letters, letter })));
  if (found.length === 0) throw new CommandError(`Cannot show letter ${ids[0]}: it is not so`);
  if (isJson) {
    const all = found.map(({ letters, letter }) => ({ stream: redactText(letters.path), ...letter.toJSON() }));
    terminal.out(`${JSON.stringify(all.length === 1 ? all[0] : all, undefined, 2)}\n`);
    return 0;
  }
  for (const [index, { letters, letter }] of found.entries()) {
    terminal.out(`${index > 0 ? "\n\n" : ""}stream  ${oneLine(redactText(letters.path))}\n${letter.text}\n`);
  }
  return 0;
}

async function tellActs(
  streams: readonly DeadLetters[],
  { isJson }: DlqWish,
  { terminal }: CommandContext,
): Promise<number> {
  const told: { readonly stream: string; readonly [name: string]: unknown }[] = [];
  for (const letters of streams) {
    const acts = await letters.acts().catch((error) => {
      if (streams.length === 1) throw error;
      return [];
    });
    for (const { id, act, by, at, isMended, reason } of acts) {
      told.push({ stream: redactText(letters.path), id, act, by, at: at.toISOString(), isMended, reason });
    }
  }
  if (isJson) {
    terminal.out(`${JSON.stringify(told, undefined, 2)}\n`);
    return 0;
  }
  for (const { at, stream, id, act, by, isMended, reason } of told) {
    const why = reason === undefined ? "" : `: ${reason}`;
    terminal.out(`${oneLine(`${at} ${act}${isMended ? ", mended," : ""} ${id} of ${stream} by ${by}${why}`)}\n`);
  }
  if (told.length === 0) terminal.out("Nobody has acted on a dead letter here.\n");
  return 0;
}

async function act(streams: readonly DeadLetters[], wish: DlqWish, context: CommandContext): Promise<number> {
  const { verb, ids, where = {}, name, isSure, isAll } = wish;
  const { terminal, signal } = context;
  const found = ids.length > 0
    ? await findByIds(streams, ids, { name, act: verb })
    : await findMatching(streams, where);
  if (found.length === 0) {
    terminal.out(`No dead letters of ${oneLine(redactText(name))}${isAll ? "" : " are so"}\n`);
    return 0;
  }
  const mended = await mendedBody(found, wish);
  if (mended === null) {
    terminal.err("Nothing was changed, so nothing is sent.\n");
    return 1;
  }
  const what = found.map(({ letters, count }) => oneLine(countLetters(count, letters.path))).join(", ");
  const question = verb === "replay" ? `Send ${what} again?` : `Discard ${what}?`;
  if (!isSure && (verb === "discard" || ids.length === 0) && !confirmed(question)) return 1;
  const faults: string[] = [];
  for (const { letters, some } of found) {
    signal.throwIfAborted();
    try {
      const count = await actOn(letters, some, wish, { mended, signal });
      const done = verb === "replay" ? "Sent" : "Discarded";
      const again = verb === "replay" ? ` again${mended === undefined ? "" : ", mended"}` : "";
      terminal.out(`${done} ${oneLine(countLetters(count, letters.path))}${again}\n`);
    } catch (error) {
      if (signal.aborted) terminal.err(`levada dlq: ${(error as Error).message}\n`);
      signal.throwIfAborted();
      faults.push((error as Error).message); // other streams' letters are acted on all the same
    }
  }
  if (faults.length > 0) throw new CommandError(faults.join("\n"));
  return 0;
}

/** The body that the one letter is to have; undefined where it keeps its own, null where the person changed nothing. */
async function mendedBody(found: readonly FoundLetters[], { file, isEdited, ids }: DlqWish): Promise<unknown> {
  if (file === undefined && !isEdited) return undefined;
  const [one, ...others] = found.flatMap(({ some }) => typeof some === "function" ? [] : some);
  if (others.length > 0) {
    throw new CommandError(
      `Cannot mend letter ${ids[0]}: ${others.length + 1} letters have this id; send them as they are`,
    );
  }
  return file === undefined ? await bodyFromEditor(one!) ?? null : await bodyFromFile(one!, file);
}

async function actOn(
  letters: DeadLetters,
  some: FoundLetters["some"],
  { verb, by, reason }: DlqWish,
  { mended, signal }: { readonly mended: unknown; readonly signal: AbortSignal },
): Promise<number> {
  if (verb === "discard") return await letters.discard(some, { by, signal, reason: reason! });
  return mended === undefined
    ? await letters.replay(some, { by, signal })
    : await letters.mend(some, () => mended, { by, signal });
}

function isEmpty(where: LetterFields): boolean {
  return Object.keys(where).length === 0;
}
