import { StreamError } from "../../errors.ts";
import { GoneError } from "../gone_error.ts";
import { FileGoneError } from "./file_place.ts";

/** What to do with a file that is damaged: who has it open would go on in it, wherever it lies. */
export const BEGIN_ANEW = "End what uses it, then move the file away, with -wal and -shm beside it, to begin anew";

/** What SQLite's codes mean here, with what to do. See https://www.sqlite.org/rescode.html. */
const MEANINGS: readonly { readonly code: number; readonly text: RegExp; readonly state: string }[] = [
  { code: 5, text: /database is locked/, state: "another process keeps it locked" },
  { code: 8, text: /readonly database/, state: "it may not be written" },
  { code: 11, text: /malformed/, state: `it is damaged. ${BEGIN_ANEW}` },
  { code: 13, text: /disk is full/, state: "the disk is full" },
  { code: 14, text: /unable to open/, state: "it cannot be opened: look at the folder and its rights" },
  { code: 26, text: /not a database/, state: `it is no database, or damaged. ${BEGIN_ANEW}` },
];

/** An error of SQLite in words: what was tried, with which file, what is wrong. */
export function faultOf(act: string, file: string, error: unknown): StreamError {
  if (error instanceof StreamError) return error;
  const { message } = error as Error;
  const meaning = MEANINGS.find(({ text }) => text.test(message)) ??
    MEANINGS.find(({ code }) => code === codeOf(error));
  const Fault = error instanceof FileGoneError ? GoneError : StreamError;
  return new Fault(`Cannot ${act}: ${meaning?.state ?? message} (${file})`, { cause: error });
}

/** Whether another process is writing: to be tried again. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === 5 || error instanceof Error && /database is locked/.test(error.message);
}

/** The result code; the higher bits say more than is needed. */
function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}
