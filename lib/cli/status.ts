/** `levada status NAME` */
import { ProcessDeployment } from "../deploy/process/deployment.ts";
import type { DeploymentRates } from "../deploy/process/rates.ts";
import { Table } from "../draw/table.ts";
import { type Command, type CommandContext, CommandError, UsageError } from "./command.ts";
import { describeDeployment } from "../deploy/describe_deployment.ts";
import { unlessGivenUp } from "../deploy/unless_given_up.ts";
import { readName, readOptions, readSeconds } from "./options.ts";
import { openPlace, PLACE_HELP, PLACE_OPTIONS, readPlace } from "./target_options.ts";

/** Tells how a deployment is. */
export const STATUS: Command = {
  summary: "Tell how a deployment is, and why",
  help: `Usage: levada status NAME [OPTIONS]

Tells of each function whether it is ready, where it answers, how often its workers died, and why it is not ready.

  --rates            Also how many events a second each step is given, how long it takes, what waits and what fails.
  --picture FILE     Also draws the graph with these rates, as SVG.
  --over SECONDS     How long is counted for rates. Default 1.
  --json             As JSON.
${PLACE_HELP}

Rates and pictures are told of this machine's processes alone.

Exit code: 0 it is ready, 1 it is not, or there is none, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { terminal } = context;
    const { values, positionals } = readOptions(args, {
      ...PLACE_OPTIONS,
      json: { type: "boolean" },
      rates: { type: "boolean" },
      picture: { type: "string" },
      over: { type: "string" },
    });
    const overMs = readSeconds("over", values.over);
    if (overMs !== undefined && values.rates !== true && values.picture === undefined) {
      throw new UsageError("--over is about rates: say --rates, or --picture FILE");
    }
    const place = readPlace(values);
    const name = readName(positionals);
    const deployment = await openPlace(name, place, context);
    const status = await unlessGivenUp(context.signal, deployment.status());
    const counted = overMs === undefined ? {} : { overMs };
    const [rates, picture] = await Promise.all([
      values.rates === true ? new ProcessDeployment(name).rates(counted) : undefined,
      values.picture === undefined ? undefined : new ProcessDeployment(name).picture(counted),
    ]);
    if (picture !== undefined) await writeFile(values.picture!, await picture.svg());
    if (values.json === true) {
      terminal.out(`${JSON.stringify(rates === undefined ? status : { ...status, rates }, undefined, 2)}\n`);
    } else {
      terminal.out(describeDeployment(status));
      if (rates !== undefined) terminal.out(`${rateTable(rates)}\n`);
    }
    return status.state === "ready" ? 0 : 1;
  },
};

/** Rates for people. */
function rateTable({ seconds, rates, silent }: DeploymentRates): string {
  const round = (value: number | undefined) => value === undefined ? "" : Number(value.toPrecision(3));
  const rows = rates.map((rate) => ({
    function: rate.function,
    step: rate.kind === "model" ? `model ${rate.name}` : rate.name,
    "events/s": round(rate.perSecond),
    "ms each": round(rate.ms),
    "waiting": rate.waiting ?? "",
    "failed/s": rate.failedPerSecond === 0 ? "" : round(rate.failedPerSecond),
  }));
  const caption = `Counted for ${round(seconds)} s${
    silent.length === 0 ? "" : `; ${silent.join(", ")} did not answer`
  }`;
  return new Table(rows, { caption, maxRows: rows.length }).text;
}

async function writeFile(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text);
  } catch (error) {
    throw new CommandError(`Cannot write the picture: ${(error as Error).message}`, { cause: error });
  }
}
