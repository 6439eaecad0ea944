/** `levada serve MODULE` */

import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readOptions, readSeconds } from "./options.ts";
import { prefetch, SERVE_GRPC_NEEDS, SERVE_NEEDS } from "./prefetch.ts";
import type { serveModule, ServeWish } from "./serve_module.ts";

/** Serves a function over HTTP. */
export const SERVE: Command = {
  summary: "Serve a function over HTTP",
  help: `Usage: levada serve MODULE.ts [OPTIONS]

Serves the function that MODULE exports: its default export, or the only function among its exports. Ctrl-C ends it: what
has been accepted is answered first; a second Ctrl-C ends it at once.

  --host NAME       Where it listens. Default: 127.0.0.1, this machine alone; 0.0.0.0 is every network.
  --port NUMBER     Default: 8080. 0 takes a free one.
  --grpc-port N     Answers gRPC of the open inference protocol there too; 0 takes a free one. Default: no gRPC.
  --export NAME     Serves this export of MODULE.
  --grace SECONDS   How long what has been accepted may take when it ends. Default: 30.

Exit code: 0 ended when asked to, 1 it cannot serve, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      host: { type: "string" },
      port: { type: "string" },
      "grpc-port": { type: "string" },
      export: { type: "string" },
      grace: { type: "string" },
    });
    const [module, ...rest] = positionals;
    if (module === undefined) throw new UsageError("give it a module");
    if (rest.length > 0) throw new UsageError(`it serves one module: got ${positionals.length}`);
    const wish: ServeWish = {
      module,
      export: values.export,
      hostname: values.host,
      port: readPort("port", values.port),
      grpcPort: readPort("grpc-port", values["grpc-port"]),
      graceMs: readSeconds("grace", values.grace),
    };
    return await (await load(wish, context))(wish, context);
  },
};

/** Downloads what serving needs and is not there yet, where this process may start others. */
async function load({ grpcPort }: ServeWish, context: CommandContext): Promise<typeof serveModule> {
  const { state } = await Deno.permissions.query({ name: "run", command: Deno.execPath() });
  if (state === "granted") await prefetch(grpcPort === undefined ? SERVE_NEEDS : SERVE_GRPC_NEEDS, context);
  const module = "./serve_module.ts"; // in a variable: Deno would download its packages when the command line starts
  return (await import(module) as { serveModule: typeof serveModule }).serveModule;
}

function readPort(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = text.trim() === "" ? NaN : Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new UsageError(`--${option} takes a number from 0 to 65535: got "${text}"`);
}
