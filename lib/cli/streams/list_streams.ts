import { describeThrown } from "../../errors.ts";
import { redactText } from "../../redact_text.ts";
import type { DrivenStream } from "../../streams/driven_stream.ts";
import type { CommandContext } from "../command.ts";
import { deploymentReaders, type KnownStream, knownStreams, withStream } from "./known_streams.ts";
import { streamLines, type ToldGroup, type ToldStream } from "./stream_lines.ts";

/** Tells of streams, and of who reads them. */
export async function listStreams(
  { name, isJson }: { readonly name: string | undefined; readonly isJson: boolean },
  context: CommandContext,
): Promise<number> {
  const { terminal } = context;
  const streams = await knownStreams(name, context);
  const readerOf = await deploymentReaders({ leavesOutDamaged: true });
  const all = await Promise.all(streams.map((stream) => tellOf(stream, readerOf)));
  const told = all.filter((one) => one !== undefined);
  if (isJson) terminal.out(`${JSON.stringify(told, undefined, 2)}\n`);
  else if (told.length === 0) terminal.out("There are no streams.\n");
  else for (const line of streamLines(told)) terminal.out(`${line}\n`);
  return told.some(({ reason }) => reason !== undefined) ? 1 : 0;
}

async function tellOf(
  known: KnownStream,
  readerOf: (path: string, group: string) => string | undefined,
): Promise<ToldStream | undefined> {
  try {
    return await withStream(known, async (stream) => {
      const records = await stream.lag(crypto.randomUUID()); // of a group that never read
      const holder = stream.heldBy()?.group;
      const groups = await Promise.all(
        (await stream.groups()).map(async ({ heardAt, ...one }): Promise<ToldGroup> => ({
          ...one,
          behind: await stream.lag(one.group),
          heardAt: heardAt === undefined ? undefined : new Date(heardAt).toISOString(),
          isHolding: one.group === holder,
          deployment: readerOf(known.path, one.group),
        })),
      );
      return { stream: nameOf(stream), records, groups };
    });
  } catch (error) {
    const reason = redactText(describeThrown(error).message);
    return { stream: redactText(known.path), records: undefined, groups: [], reason };
  }
}

function nameOf({ path }: DrivenStream<unknown>): string {
  return redactText(path.split("?", 1)[0]!);
}
