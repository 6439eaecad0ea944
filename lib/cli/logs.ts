/** `levada logs NAME` */
import { unlessGivenUp } from "../deploy/unless_given_up.ts";
import { plainLines } from "../telemetry/one_line.ts";
import type { Command, CommandContext } from "./command.ts";
import { readName, readOptions, readWhole } from "./options.ts";
import { openPlace, PLACE_HELP, PLACE_OPTIONS, readPlace } from "./target_options.ts";

/** Shows what a deployment has written. */
export const LOGS: Command = {
  summary: "Show what a deployment has written",
  help: `Usage: levada logs NAME [OPTIONS]

Shows what the functions of a deployment have written.

  -f, --follow      Goes on as they write, until Ctrl-C.
  --function NAME   Of this function alone. Default: of all, each line with its name.
  --lines N         So many lines of each function at most, in a cluster of each pod. Default: all.
${PLACE_HELP}

Exit code: 0; 1 there is no such deployment, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { terminal, signal } = context;
    const { values, positionals } = readOptions(args, {
      ...PLACE_OPTIONS,
      follow: { type: "boolean", short: "f" },
      function: { type: "string" },
      lines: { type: "string" },
    });
    const lines = readWhole("lines", values.lines, { least: 1, most: 1_000_000 });
    const deployment = await openPlace(readName(positionals), readPlace(values), context);
    const logs = deployment.logs({
      follow: values.follow === true,
      signal,
      ...(values.function === undefined ? {} : { function: values.function }),
      ...(lines === undefined ? {} : { lines }),
    });
    const telling = async () => {
      for await (const line of logs) terminal.out(`${plainLines(line)}\n`);
    };
    await unlessGivenUp(signal, telling());
    return 0;
  },
};
