/** `levada delete NAME|--all` */
import { ProcessDeployment } from "../deploy/process/deployment.ts";
import { deploymentNames } from "../deploy/process/state_folder.ts";
import { describeThrown } from "../errors.ts";
import { redactText } from "../redact_text.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readName, readOptions } from "./options.ts";

/** Ends a deployment. */
export const DELETE: Command = {
  summary: "End a deployment and forget it",
  help: `Usage: levada delete NAME|--all

Ends the processes of a deployment, once they have done what they have accepted, and removes its revisions and logs. Records in its
streams stay.

  --all   Every deployment in LEVADA_STATE; one that cannot be ended keeps no other from it.

Exit code: 0 it is gone, 1 it cannot be, or there is none, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, { all: { type: "boolean" } });
    if (values.all === true && positionals.length > 0) throw new UsageError("give it a name or --all, not both");
    if (values.all !== true) {
      await deleteOne(readName(positionals), context);
      return 0;
    }
    let failed = 0;
    for (const name of await deploymentNames()) {
      try {
        await deleteOne(name, context);
      } catch (error) {
        failed += 1;
        context.terminal.err(redactText(`levada delete: ${describeThrown(error).message}\n`));
      }
    }
    return failed === 0 ? 0 : 1;
  },
};

async function deleteOne(name: string, { terminal }: CommandContext): Promise<void> {
  await new ProcessDeployment(name).delete();
  terminal.out(`Deleted ${name}\n`);
}
