/** `levada status NAME` */
import { Deployment } from "../deploy/deployment.ts";
import type { Command, CommandContext } from "./command.ts";
import { describeDeployment } from "./describe_deployment.ts";
import { readName, readOptions } from "./options.ts";

/** Tells how a deployment is. */
export const STATUS: Command = {
  summary: "Tell how a deployment is, and why",
  help: `Usage: levada status NAME [OPTIONS]

Tells of each function whether it is ready, where it answers, how often its workers died, and why it is not ready.

  --json   As JSON.

Exit code: 0 it is ready, 1 it is not, or there is none, 2 a wrong option.
`,

  async run(args: readonly string[], { terminal }: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, { json: { type: "boolean" } });
    const status = await new Deployment(readName(positionals)).status();
    terminal.out(values.json === true ? `${JSON.stringify(status, undefined, 2)}\n` : describeDeployment(status));
    return status.state === "ready" ? 0 : 1;
  },
};
