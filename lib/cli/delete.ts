/** `levada delete NAME|--all` */
import { describeThrown } from "../errors.ts";
import type { DeployProgress } from "../deploy/deploy_progress.ts";
import { unlessGivenUp } from "../deploy/unless_given_up.ts";
import { redactText } from "../redact_text.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { DeployLines } from "./deploy_lines.ts";
import { readName, readOptions } from "./options.ts";
import { say } from "./say.ts";
import { namesIn, openPlace, PLACE_HELP, PLACE_OPTIONS, type PlaceWish, readPlace } from "./target_options.ts";
import { untilGivenUp } from "./until_given_up.ts";

/** Ends a deployment. */
export const DELETE: Command = {
  summary: "End a deployment and forget it",
  help: `Usage: levada delete NAME|--all

Ends the processes or pods of a deployment, once they have done what they have accepted, and removes all else of it. Records in its
streams stay. Where Ctrl-C gives it up, what is gone stays gone; once more ends it at once.

  --all             Every deployment in LEVADA_STATE, or in the namespace; one that cannot be ended keeps no other from it.
${PLACE_HELP}

Exit code: 0 it is gone, 1 it cannot be, or there is none, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, { ...PLACE_OPTIONS, all: { type: "boolean" } });
    if (values.all === true && positionals.length > 0) throw new UsageError("give it a name or --all, not both");
    const place = readPlace(values);
    if (values.all !== true) {
      await deleteOne(readName(positionals), place, context);
      return 0;
    }
    let failed = 0;
    for (const name of await unlessGivenUp(context.signal, namesIn(place, context))) {
      try {
        await deleteOne(name, place, context);
      } catch (error) {
        context.signal.throwIfAborted();
        failed += 1;
        context.terminal.err(redactText(`levada delete: ${describeThrown(error).message}\n`));
      }
    }
    return failed === 0 ? 0 : 1;
  },
};

async function deleteOne(name: string, place: PlaceWish, context: CommandContext): Promise<void> {
  using lines = new DeployLines({
    write: (line) => say(context.terminal.out, `  ${line}\n`),
    stage: `${name} ends`,
    spentMs: 0,
  });
  const onProgress = (progress: DeployProgress) => lines.tell(progress);
  const deployment = await openPlace(name, place, { ...context, onProgress });
  await untilGivenUp(context, {
    target: place.target,
    work: () => deployment.delete(),
    givenUp: "what is removed already is gone, the rest stays",
    ended: `\`levada status ${name}\` tells what is left of it, and \`levada delete ${name}\` removes that`,
  });
  context.terminal.out(`Deleted ${name}\n`);
}
