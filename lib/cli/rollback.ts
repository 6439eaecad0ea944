/** `levada rollback NAME` */
import { Deployment } from "../deploy/deployment.ts";
import type { Command, CommandContext } from "./command.ts";
import { describeDeployment } from "./describe_deployment.ts";
import { readName, readOptions } from "./options.ts";

/** Goes back to the revision before. */
export const ROLLBACK: Command = {
  summary: "Go back to the revision before",
  help: `Usage: levada rollback NAME

Has the revision run that ran before this one. A second rollback takes the first one back.

Exit code: 0 it runs, 1 it cannot, and what ran runs on, 2 a wrong option.
`,

  async run(args: readonly string[], { terminal }: CommandContext): Promise<number> {
    const { positionals } = readOptions(args, {});
    terminal.out(describeDeployment(await new Deployment(readName(positionals)).rollback()));
    return 0;
  },
};
