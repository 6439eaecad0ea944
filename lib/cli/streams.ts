/** `levada streams list|forget` */
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readOptions } from "./options.ts";
import { forgetGroup } from "./streams/forget_group.ts";
import { listStreams } from "./streams/list_streams.ts";

/** Looks after streams and their groups. */
export const STREAMS: Command = {
  summary: "List streams and who reads them, forget groups that nobody reads",
  help: `Usage: levada streams list [NAME|STREAM] [--json]
       levada streams forget GROUP [NAME|STREAM] [OPTIONS]

Tells what streams hold and which groups read them: those of a deployment, by its name; one, by its path (local://orders); or all that
lie in LEVADA_STATE, default .levada, and all that feed its deployments, or that these fill.

  list      Of each stream the records that are kept, and of each group how many of them it has not acknowledged, how many read as
            it, and whether those who publish wait for it. When a reader was heard of last is known on local:// alone, and of one that was
            killed. A group that was only ever at a broker where nobody lists groups (v3io) is not seen.
  forget    Forgets a group that nobody reads any more, and how far it was: on local:// those who publish wait for it no more. Who reads
            as it again begins anew, at the first record that is kept.

  --force    forget: also a group of a deployed function that does not run now.
  --json     list: for programs.
  -y, --yes  forget: asks nothing.

Exit code: 0; 1 a stream cannot be asked, there is no such group, stream or deployment, or somebody reads as the group; 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      json: { type: "boolean" },
      force: { type: "boolean" },
      yes: { type: "boolean", short: "y" },
    });
    const [verb, ...words] = positionals;
    if (verb === "list") {
      if (words.length > 1) throw new UsageError("list takes one name of a deployment, or one stream");
      if (values.force || values.yes) throw new UsageError("--force and --yes are for forget");
      return await listStreams({ name: words[0], isJson: values.json === true }, context);
    }
    if (verb !== "forget") {
      throw new UsageError(verb === undefined ? "say list or forget" : `there is no "${verb}", only list and forget`);
    }
    const [group, name, ...rest] = words;
    if (group === undefined || rest.length > 0) throw new UsageError("forget takes GROUP and perhaps NAME or STREAM");
    if (values.json) throw new UsageError("--json is for list");
    return await forgetGroup({ group, name, isForced: values.force === true, isSure: values.yes === true }, context);
  },
};
