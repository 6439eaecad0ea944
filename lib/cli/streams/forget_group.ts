import { oneLine } from "../../draw/escape.ts";
import { describeThrown } from "../../errors.ts";
import { redactText } from "../../redact_text.ts";
import { type CommandContext, CommandError } from "../command.ts";
import { confirmed } from "../confirm.ts";
import { deploymentReaders, type KnownStream, knownStreams, withStream } from "./known_streams.ts";

/** What is to be forgotten, where. */
export interface ForgetWish {
  readonly group: string;
  /** A deployment, or the path of a stream; undefined for all that are known. */
  readonly name: string | undefined;
  readonly isForced: boolean;
  readonly isSure: boolean;
}

/** A stream that knows the group. */
interface Found {
  readonly known: KnownStream;
  readonly stream: string;
  readonly readers: number;
  readonly behind: number;
}

/** Forgets a group in each stream that knows it, once nobody reads as it. */
export async function forgetGroup(wish: ForgetWish, context: CommandContext): Promise<number> {
  const { group, name, isForced, isSure } = wish;
  const { terminal } = context;
  const act = `forget group "${oneLine(group)}"`;
  const { found, faults } = await find(group, await knownStreams(name, context));
  for (const fault of faults) terminal.err(`${fault}\n`);
  if (found.length === 0) {
    const where = name === undefined ? "no stream that is known here" : `no stream of ${oneLine(redactText(name))}`;
    throw new CommandError(`Cannot ${act}: ${where} knows it`);
  }
  const readerOf = await deploymentReaders();
  for (const { known, stream, readers } of found) {
    const deployment = readerOf(known.path, group);
    const whose = deployment === undefined ? "" : `, which is of deployment "${deployment}"`;
    if (readers > 0) throw new CommandError(`Cannot ${act}${whose}: ${readers} read ${stream} as it. End them first`);
    if (deployment !== undefined && !isForced) {
      throw new CommandError(
        `Cannot ${act}: it is of deployment "${deployment}", which goes on there when it runs again. --force forgets it all the same`,
      );
    }
  }
  const where = found.map(({ stream, behind }) => `${stream} (${behind.toLocaleString("en-US")} records behind)`);
  const question = `Forget group "${oneLine(group)}" of ${where.join(", ")}? Who reads as it again begins anew.`;
  if (!isSure && !confirmed(question)) return 1;
  for (const { known, stream } of found) {
    await withStream(known, (opened) => opened.forget(group));
    terminal.out(`Forgot group ${oneLine(group)} of ${stream}\n`);
  }
  return faults.length === 0 ? 0 : 1;
}

async function find(
  group: string,
  streams: readonly KnownStream[],
): Promise<{ readonly found: readonly Found[]; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  const found = await Promise.all(streams.map(async (known) => {
    try {
      return await withStream(known, async (stream): Promise<Found | undefined> => {
        const { readers } = (await stream.groups()).find((one) => one.group === group) ?? {};
        if (readers === undefined) return undefined;
        const name = oneLine(redactText(stream.path.split("?", 1)[0]!));
        return { known, stream: name, readers, behind: await stream.lag(group) };
      });
    } catch (error) {
      faults.push(redactText(describeThrown(error).message));
      return undefined;
    }
  }));
  return { found: found.filter((one) => one !== undefined), faults };
}
