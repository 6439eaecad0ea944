/** `levada resume NAME|--all` */
import { describeProgress } from "../deploy/deploy_progress.ts";
import { ProcessDeployment } from "../deploy/process/deployment.ts";
import { deploymentFolder, deploymentNames } from "../deploy/process/state_folder.ts";
import { readState } from "../deploy/process/read_state.ts";
import { describeThrown } from "../errors.ts";
import { redactText } from "../redact_text.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { describeDeployment } from "../deploy/describe_deployment.ts";
import { readName, readOptions, readSeconds } from "./options.ts";
import { unlessAsked } from "./until_asked.ts";

/** Starts what is deployed and does not run. */
export const RESUME: Command = {
  summary: "Start again what is deployed and does not run",
  help: `Usage: levada resume NAME|--all [OPTIONS]

Starts the supervisor of a deployment, and its processes, where nothing of it runs, as after a start of the machine, or where the supervisor was
killed: the same revision, on the same ports, as many workers, served in the same way, with the environment of this command. What runs is left
as it is: several at once, or one a minute, do no harm. Where it does not start it stays deployed, and the next try may do. Environments are
written nowhere: a rollback after this needs --renew, in a shell that has what the revision before needs.

  --all               Every deployment in LEVADA_STATE, default .levada; one that cannot run keeps no other from it.
  --deadline SECONDS  How long each may take to be ready. Default: 120.
  --quiet             Says nothing of what runs already.

Exit code: 0 it runs, 1 it cannot, or there is none, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      all: { type: "boolean" },
      deadline: { type: "string" },
      quiet: { type: "boolean" },
    });
    if (values.all === true && positionals.length > 0) throw new UsageError("give it a name or --all, not both");
    if (values.all !== true && positionals.length === 0) throw new UsageError("give it a name, or --all");
    const deadlineMs = readSeconds("deadline", values.deadline);
    const wish = { deadlineMs, isQuiet: values.quiet === true };
    if (values.all !== true) {
      await resume(readName(positionals), wish, context);
      return 0;
    }
    const names = await startedNames();
    const { terminal, signal } = context;
    if (names.length === 0 && !wish.isQuiet) terminal.out("Nothing is deployed.\n");
    let failed = 0;
    for (const name of names) {
      try {
        await resume(name, wish, context);
      } catch (error) {
        signal.throwIfAborted();
        failed += 1;
        terminal.err(redactText(`levada resume: ${describeThrown(error).message}\n`));
      }
    }
    return failed === 0 ? 0 : 1;
  },
};

interface ResumeWish {
  readonly deadlineMs: number | undefined;
  readonly isQuiet: boolean;
}

async function resume(
  name: string,
  { deadlineMs, isQuiet }: ResumeWish,
  { terminal: { out }, signal }: CommandContext,
): Promise<void> {
  const deployment = new ProcessDeployment(name, {
    ...deadlineMs === undefined ? {} : { deadlineMs },
    signal,
    onProgress: (progress) => out(`  ${describeProgress(progress)}\n`),
  });
  const { state } = await deployment.status();
  if (state === "ready" || state === "failing") {
    if (!isQuiet) out(`${name} runs already\n`);
    return;
  }
  out(`${name} is started again\n`);
  const status = await unlessAsked(signal, deployment.resume());
  signal.throwIfAborted();
  out(describeDeployment(status!));
  const { previous } = status!;
  if (previous !== undefined) out(`  ${afterwards(previous)}\n`);
}

/** What a rollback asks for from now on. */
function afterwards(previous: string): string {
  return `nobody knows any more which environment revision ${previous} had: a rollback to it needs --renew, and gets the environment of who asks`;
}

/** The deployments that have ever run: a first deploy that is under way, or was killed, has none to start again. */
async function startedNames(): Promise<string[]> {
  const names = await deploymentNames();
  const act = "find what was started"; // what cannot be read is tried, and told
  const areThere = await Promise.all(
    names.map((name) => readState(act, deploymentFolder(name)).then((state) => state !== undefined, () => true)),
  );
  return names.filter((_, index) => areThere[index]);
}
