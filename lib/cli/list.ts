/** `levada list` */
import type { DeploymentStatus } from "../deploy/deployment.ts";
import { isLocked } from "../deploy/process/deploy_lock.ts";
import { readState } from "../deploy/process/read_state.ts";
import { deploymentFolder } from "../deploy/process/state_folder.ts";
import { unlessGivenUp } from "../deploy/unless_given_up.ts";
import { describeThrown } from "../errors.ts";
import { redactText } from "../redact_text.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readOptions } from "./options.ts";
import { namesIn, openPlace, PLACE_HELP, PLACE_OPTIONS, type PlaceWish, readPlace } from "./target_options.ts";

const BEGINS = "is being deployed for the first time";
const NEVER = "never ran: its first deploy was broken off. Deploy it again, or `levada delete` forgets it";

/** Lists what is deployed. */
export const LIST: Command = {
  summary: "List what is deployed",
  help: `Usage: levada list [OPTIONS]

A line for each deployment in LEVADA_STATE, default .levada, or in the namespace: its name, its state, where it answers, its revision.

${PLACE_HELP}
  --json            As JSON: what \`levada status\` tells of each; what cannot be read is told on standard error.

Exit code: 0; 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { terminal } = context;
    const { values, positionals } = readOptions(args, { ...PLACE_OPTIONS, json: { type: "boolean" } });
    if (positionals.length > 0) throw new UsageError("it takes no words");
    const place = readPlace(values);
    const { signal } = context;
    const names = await unlessGivenUp(signal, namesIn(place, context));
    const told = await unlessGivenUp(signal, Promise.all(names.map((name) => tell(name, place, context))));
    const statuses = told.map((one) => typeof one === "string" ? undefined : one);
    if (values.json === true) {
      for (const fault of told) {
        if (typeof fault === "string" && fault !== NEVER && fault !== BEGINS) terminal.err(`levada list: ${fault}\n`);
      }
      terminal.out(`${JSON.stringify(statuses.filter((status) => status !== undefined), undefined, 2)}\n`);
      return 0;
    }
    const width = Math.max(0, ...names.map(({ length }) => length));
    for (const [index, name] of names.entries()) {
      const one = told[index]!;
      terminal.out(
        `${name.padEnd(width)}  ${
          typeof one === "string" ? one : `${one.state.padEnd(8)} ${one.url}  ${one.revision}`
        }\n`,
      );
    }
    if (terminal.isInteractive && statuses.some((status) => status?.state === "stopped")) {
      terminal.out("What is stopped is started again by `levada resume NAME`, or `levada resume --all`.\n");
    }
    if (names.length === 0) terminal.out("Nothing is deployed.\n");
    return 0;
  },
};

/** How a deployment is, or why nobody knows. */
async function tell(name: string, place: PlaceWish, context: CommandContext): Promise<DeploymentStatus | string> {
  try {
    return await (await openPlace(name, place, context)).status();
  } catch (error) {
    if (place.target !== "process") return redactText(describeThrown(error).message);
    const folder = deploymentFolder(name);
    const isThere = await readState("list it", folder).then((state) => state !== undefined, () => true);
    if (isThere) return redactText(describeThrown(error).message);
    return await isLocked(folder).catch(() => false) ? BEGINS : NEVER;
  }
}
