/** `levada dlq list|show|replay|discard|acts NAME|STREAM` */
import { redactText } from "../redact_text.ts";
import { LETTER_FIELDS, type LetterFields } from "../streams/letters/letter_choice.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { type DlqWish, runDlq } from "./dlq/dlq_run.ts";
import { readOptions, readWhole } from "./options.ts";

const VERBS = ["list", "show", "replay", "discard", "acts"] as const;

/** Looks after what came to nothing. */
export const DLQ: Command = {
  summary: "Look at dead letters, send them again, or give them up",
  help: `Usage: levada dlq list|show|replay|discard|acts NAME|STREAM [ID…] [OPTIONS]

Looks after records that a function could not work on, however often it tried: of each stream of a deployment, by its name, or of one
stream, by its path (local://orders).

  list      The letters that nobody has acted on, oldest first, with error, step, tries and the beginning of the body.
  show      All of one letter.
  replay    Sends letters again into the stream that they came from; every group of the stream is given them. A letter is sent before
            that is written down: whoever is interrupted sends some twice, and loses none.
  discard   Gives letters up.
  acts      What was done with letters, by whom and when, as far as it is still kept.

  ID                   Of the record; of one that is a UUID the first 8 digits do.
  --all                All letters.
  --where FIELD=TEXT   Letters with this in a field: ${
    LETTER_FIELDS.join(", ")
  } (of the error, a part of it). Several must all be so.
  --body FILE          replay: with the body in FILE instead of the one letter's own.
  --edit               replay: with the one letter's body as you leave it in $VISUAL or $EDITOR.
  --reason TEXT        discard: why, for whoever looks for the records later.
  --by NAME            Who does it. Default: user@machine.
  --limit N            list: so many letters are shown, of each stream. Default 50.
  --json               For programs; list gives all letters. Bodies that are bytes as bodyBase64.
  -y, --yes            Asks nothing.

Exit code: 0; 1 it cannot be done, or there is no such letter, stream or deployment, 2 a wrong option, 130 interrupted.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    return await runDlq(readWish(args), context);
  },
};

function readWish(args: readonly string[]): DlqWish {
  const { values, positionals } = readOptions(args, {
    all: { type: "boolean" },
    where: { type: "string", multiple: true },
    body: { type: "string" },
    edit: { type: "boolean" },
    reason: { type: "string" },
    by: { type: "string" },
    limit: { type: "string" },
    json: { type: "boolean" },
    yes: { type: "boolean", short: "y" },
  });
  const [word, name, ...ids] = positionals;
  const verb = VERBS.find((known) => known === word);
  if (verb === undefined) {
    throw new UsageError(
      word === undefined ? `say ${VERBS.join(", ")}` : `there is no "${word}", only ${VERBS.join(", ")}`,
    );
  }
  if (name === undefined) throw new UsageError(`say of what: ${verb} NAME of a deployment, or STREAM`);
  const where = readFields(values.where ?? []);
  const wish: DlqWish = {
    verb,
    name,
    ids,
    where,
    isAll: values.all === true,
    file: values.body,
    isEdited: values.edit === true,
    reason: values.reason,
    by: values.by,
    limit: readWhole("limit", values.limit, { least: 1, most: 1_000_000 }) ?? 50,
    isJson: values.json === true,
    isSure: values.yes === true,
  };
  const fault = faultOf(wish);
  if (fault !== undefined) throw new UsageError(fault);
  return wish;
}

function readFields(words: readonly string[]): LetterFields | undefined {
  if (words.length === 0) return undefined;
  return Object.fromEntries(words.map((word) => {
    const at = word.indexOf("=");
    const field = word.slice(0, at);
    if (at > 0 && LETTER_FIELDS.some((known) => known === field)) return [field, word.slice(at + 1)];
    throw new UsageError(`--where takes FIELD=TEXT with ${LETTER_FIELDS.join(", ")}: got "${redactText(word)}"`);
  }));
}

/** What does not go together. */
function faultOf({ verb, ids, where, isAll, file, isEdited, reason, by }: DlqWish): string | undefined {
  const isActing = verb === "replay" || verb === "discard";
  const ways = [ids.length > 0, isAll, where !== undefined].filter((way) => way).length;
  if (verb === "show" && ids.length !== 1) return "show takes the id of one letter";
  if (verb === "show" && isAll) return "show takes the id of one letter, and no --all";
  if ((verb === "list" || verb === "acts") && ids.length > 0) return `${verb} takes no ids; say show`;
  if (verb === "acts" && where !== undefined) return "acts takes no --where";
  if (isActing && ways !== 1) return `say which letters: ids, --where or --all, one of them`;
  if (!isActing && by !== undefined) return `--by is for replay and discard`;
  if (verb !== "replay" && (file !== undefined || isEdited)) return `--body and --edit are for replay`;
  if (file !== undefined && isEdited) return "say --body or --edit, not both";
  if ((file !== undefined || isEdited) && ids.length !== 1) return "--body and --edit are for one letter: give its id";
  if (verb === "discard" && (reason === undefined || reason.trim() === "")) return "discard takes --reason TEXT";
  if (verb !== "discard" && reason !== undefined) return "--reason is for discard";
  return undefined;
}
