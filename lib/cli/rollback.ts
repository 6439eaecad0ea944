/** `levada rollback NAME` */
import type { Deployment } from "../deploy/deployment.ts";
import type { ClusterDeployment } from "../deploy/kubernetes/cluster_deployment.ts";
import { ProcessDeployment } from "../deploy/process/deployment.ts";
import { DEADLINES_MS } from "../deploy/deploy_options.ts";
import type { DeployProgress } from "../deploy/deploy_progress.ts";
import type { Command, CommandContext } from "./command.ts";
import { DeployLines } from "./deploy_lines.ts";
import { describeDeployment } from "../deploy/describe_deployment.ts";
import { unlessGivenUp } from "../deploy/unless_given_up.ts";
import { readName, readOptions } from "./options.ts";
import { openPlace, PLACE_HELP, PLACE_OPTIONS, readPlace } from "./target_options.ts";
import { say } from "./say.ts";
import { untilGivenUp } from "./until_given_up.ts";

/** Goes back to the revision before. */
export const ROLLBACK: Command = {
  summary: "Go back to the revision before",
  help: `Usage: levada rollback NAME [OPTIONS]

Has the revision run that ran before this one, in the same way: with as many workers, served as it was, with the environment that it had, on
the ports of now. A second rollback takes the first one back. An environment is written nowhere: the supervisor remembers it as long as it
lives, and where it does not, a rollback is refused unless --renew is said. In a cluster Ctrl-C puts back what ran, and once more ends it at once.

  --renew           With the environment of this command; a cluster keeps environments, and takes no other.
  --force           In a cluster: takes over what somebody else has written into its objects, as by \`kubectl scale\` or \`edit\`;
                    takes away what others have applied there and the revision has not, and removes objects of others that
                    have its labels. --dry-run with it tells which.
  --dry-run         Only tells what would change.
${PLACE_HELP}

Exit code: 0 it runs, 1 it cannot, and what ran runs on, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { out } = context.terminal;
    const { values, positionals } = readOptions(args, {
      ...PLACE_OPTIONS,
      renew: { type: "boolean" },
      force: { type: "boolean" },
      "dry-run": { type: "boolean" },
    });
    const called = readName(positionals);
    const place = readPlace(values);
    using lines = new DeployLines({
      write: (line) => say(out, `  ${line}\n`),
      stage: "Looking what ran before",
      deadlineMs: DEADLINES_MS[place.target],
      spentMs: 0,
    });
    const onProgress = (progress: DeployProgress) => lines.tell(progress);
    const opened = async () => await openPlace(called, place, { ...context, onProgress });
    const deployment = values.renew === true
      ? renewing(called, onProgress)
      : values.force === true
      ? forcing(await opened() as ClusterDeployment)
      : await opened();
    const { name, revision, changes } = await unlessGivenUp(context.signal, deployment.planRollback());
    out(`${name}, revision ${revision}:\n${changes.map((line) => `  ${line}\n`).join("")}`);
    if (values["dry-run"] === true) return 0;
    const status = await untilGivenUp(context, {
      target: place.target,
      work: () => deployment.rollback(),
      givenUp: "what ran is put back, where anything has been changed",
      ended: `\`levada status ${name}\` tells what runs, and the next deploy or rollback puts it right`,
    });
    out(describeDeployment(status));
    return 0;
  },
};

/** Processes of this machine, which get the environment of this command: `readPlace` has refused the word elsewhere. */
function renewing(
  name: string,
  onProgress: (progress: DeployProgress) => void,
): Pick<Deployment, "planRollback" | "rollback"> {
  const deployment = new ProcessDeployment(name, { onProgress });
  return {
    planRollback: () => deployment.planRollback({ renew: true }),
    rollback: () => deployment.rollback({ renew: true }),
  };
}

/** Pods of a cluster, whatever others have written there: `readPlace` has refused the word elsewhere. */
function forcing(deployment: ClusterDeployment): Pick<Deployment, "planRollback" | "rollback"> {
  return {
    planRollback: () => deployment.planRollback({ force: true }),
    rollback: () => deployment.rollback({ force: true }),
  };
}
