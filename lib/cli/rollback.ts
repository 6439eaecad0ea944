/** `levada rollback NAME` */
import { ProcessDeployment } from "../deploy/process/deployment.ts";
import type { Command, CommandContext } from "./command.ts";
import { describeDeployment } from "./describe_deployment.ts";
import { readName, readOptions } from "./options.ts";

/** Goes back to the revision before. */
export const ROLLBACK: Command = {
  summary: "Go back to the revision before",
  help: `Usage: levada rollback NAME [OPTIONS]

Has the revision run that ran before this one, in the same way: with as many workers, served as it was, with the environment that it had, on
the ports of now. A second rollback takes the first one back. An environment is written nowhere: the supervisor remembers it as long as it
lives, and where it does not, a rollback is refused unless --renew is said.

  --renew    With the environment of this command.
  --dry-run  Only tells what would change.

Exit code: 0 it runs, 1 it cannot, and what ran runs on, 2 a wrong option.
`,

  async run(args: readonly string[], { terminal }: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, { renew: { type: "boolean" }, "dry-run": { type: "boolean" } });
    const deployment = new ProcessDeployment(readName(positionals));
    const options = { renew: values.renew === true };
    const { name, revision, changes } = await deployment.planRollback(options);
    terminal.out(`${name}, revision ${revision}:\n${changes.map((line) => `  ${line}\n`).join("")}`);
    if (values["dry-run"] !== true) terminal.out(describeDeployment(await deployment.rollback(options)));
    return 0;
  },
};
