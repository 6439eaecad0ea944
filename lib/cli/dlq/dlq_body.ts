import { decodeBody, isOwnText } from "../../streams/body.ts";
import type { DeadLetter } from "../../streams/letters/dead_letter.ts";
import { bodyJson, bodyText } from "../../streams/letters/body_text.ts";
import { CommandError } from "../command.ts";

/**
 * A body from a file.
 *
 * @throws {CommandError} If the file cannot be read, or is not what the letter's content type says.
 */
export async function bodyFromFile(letter: DeadLetter, file: string): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(file);
  } catch (error) {
    throw new CommandError(`Cannot read the body from ${file}: ${(error as Error).message}`, { cause: error });
  }
  return bodyOf(letter, bytes, file);
}

/**
 * A body as a person leaves it in their editor; undefined where nothing was changed.
 *
 * @throws {CommandError} If the editor fails, or what it leaves is not what the letter's content type says: then the file stays.
 */
export async function bodyFromEditor(letter: DeadLetter): Promise<unknown> {
  const isJson = !(letter.body instanceof Uint8Array) && !isText(letter);
  const file = await Deno.makeTempFile({ prefix: "levada-letter-", suffix: isJson ? ".json" : ".txt" });
  const before = isJson ? jsonOf(letter) : bodyText(letter, { isWhole: true });
  await Deno.writeTextFile(file, `${before}\n`);
  await edit(file);
  const after = await textLeft(file);
  if (after === `${before}\n`) {
    await Deno.remove(file);
    return undefined;
  }
  const text = after.endsWith("\n") ? after.slice(0, -1) : after;
  const body = bodyOf(letter, new TextEncoder().encode(text), file);
  await Deno.remove(file);
  return body;
}

/** With a line for each field, if that loses no digit. */
function jsonOf(letter: DeadLetter): string {
  const whole = bodyText(letter, { isWhole: true });
  if (letter.bytes === undefined) return whole;
  const text = new TextDecoder().decode(letter.bytes);
  return JSON.stringify(bodyJson(letter.body)) === text ? whole : text;
}

async function edit(file: string): Promise<void> {
  const editor = Deno.env.get("VISUAL") || Deno.env.get("EDITOR") || "vi";
  const command = new Deno.Command("sh", { args: ["-c", `${editor} "$1"`, "sh", file], stdin: "inherit" });
  const { success, code } = await command.spawn().status;
  if (!success) throw new CommandError(`Cannot edit the body: ${editor} ended with ${code}. The body is in ${file}`);
}

async function textLeft(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    const state = error instanceof Deno.errors.NotFound ? "the editor has left no file" : (error as Error).message;
    throw new CommandError(`Cannot read the body that was edited: ${state} (${file}). Nothing is sent`, {
      cause: error,
    });
  }
}

/** Bytes as they are, so that no digit is lost; of a text, and of a letter without a content type, by which they would be read, what they mean. */
function bodyOf(letter: DeadLetter, bytes: Uint8Array, file: string): unknown {
  const { id, headers, bytes: old } = letter;
  const { body, unreadable } = decodeBody(bytes, headers.get("content-type") ?? undefined, isText(letter));
  if (unreadable !== undefined) {
    throw new CommandError(`Cannot mend letter ${id}: ${file} is ${unreadable}. Mend it and say --body ${file}`);
  }
  return old === undefined || isText(letter) || !headers.has("content-type") ? body : bytes;
}

function isText({ body, headers }: DeadLetter): boolean {
  return isOwnText(body, headers.get("content-type"));
}
