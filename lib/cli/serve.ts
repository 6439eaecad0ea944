/** `levada serve MODULE|BUNDLE|BUNDLE.tar.gz` */

import { type Command, type CommandContext, UsageError } from "./command.ts";
import { lastingTerminal } from "./lasting_terminal.ts";
import { readOptions } from "./options.ts";
import { isSetUp } from "../telemetry/open_telemetry.ts";
import { isArchive, openArchive } from "./serving/open_archive.ts";
import { ARCHIVE_NEEDS, prefetch, SERVE_GRPC_NEEDS, SERVE_NEEDS, TRACING_NEEDS } from "./prefetch.ts";
import { checkRevision } from "./serving/check_revision.ts";
import type { serveModule } from "./serving/serve_module.ts";
import { readWish, SERVE_OPTIONS, type ServeWish } from "./serving/serve_wish.ts";
import { serveWords } from "./serving/serve_words.ts";
import { serveWorkers } from "./serving/serve_workers.ts";

/** Serves a function over HTTP. */
export const SERVE: Command = {
  summary: "Serve a function over HTTP",
  help: `Usage: levada serve MODULE.ts|BUNDLE|BUNDLE.tar.gz [OPTIONS]

Serves the function that MODULE exports: its default export, or the only function among its exports; or that of a folder that
\`levada bundle\` made, as it is or packed as .tar.gz. Ctrl-C ends it: what has been accepted is answered first; a second Ctrl-C ends it at once.

  --host NAME       Where it listens. Default: 127.0.0.1, this machine alone; 0.0.0.0 is every network.
  --port NUMBER     Default: 8080. 0 takes a free one.
  --grpc-port N     Answers gRPC of the open inference protocol there too; 0 takes a free one. Default: no gRPC.
  --export NAME     Serves this export of MODULE.
  --revision R      Serves a bundle only if it is this revision, or the SHA-256 that this begins: who deploys an image says so, whose tag may have been pushed again.
  --function NAME   Serves one part of a function with children: the steps of this child, fed by the streams of the queues that lead
                    to it; the function's own name is what is left. A queue without a path is local://FUNCTION/QUEUE then, in
                    LEVADA_STATE, default .levada. Default: LEVADA_FUNCTION, else all in one.
  --workers N       So many processes on the one port, each with the function; one that dies is replaced, and SIGHUP replaces
                    all, one after another. Default: 1, this process.
  --worker-flag F   Told to Deno for each worker, such as --worker-flag=--allow-net=0.0.0.0:8080. Several times. Default: what
                    this process may without bounds, the workers may too.
  --grace SECONDS   How long what has been accepted may take when it ends. Default: 30.
  --health-port N   Tells its health there too, and nothing else, also while the function loads: Nuclio asks at 8082. 0 takes a free one.
  --linger SECONDS  So long it still takes requests when it is asked to end, where nobody else waits before: Nuclio. Default: not.
  --limit NAME=N    Takes no more than this; see ServerLimits for names and defaults: maxConcurrent, bodyLimitBytes, …
  --token NAME      Only who sends this secret as "Authorization: Bearer …" may ask, but for health. NAME is looked for in the
                    environment (NAME, or a file in NAME_FILE) and in mounted folders. Several times: any of them.
  --tls-cert FILE   Speaks https with this certificate (PEM), and
  --tls-key FILE    this key (PEM).
  --client-ca FILE  Only clients with a certificate of these authorities (PEM) may ask.
  --cors ORIGIN     Lets pages of this origin ask from a browser; * for all. Several times: each of them.
  --access-log      Writes a line for each request to the log, which goes to the standard error: for people on a terminal,
                    else a line of JSON each (LEVADA_LOG_FORMAT=text|json).
  --log-level LEVEL What is written at least: debug, info, warn, error, silent. Default: LEVADA_LOG_LEVEL, else info.

LEVADA_SERVE holds words that stand before these, a list of texts as JSON: ["--access-log"].

Exit code: 0 ended when asked to, all that was accepted is answered; 1 it cannot serve, or the grace was over before that, or
something could not be closed; 2 a wrong option.
`,

  async run(args: readonly string[], { terminal, signal }: CommandContext): Promise<number> {
    const context = { terminal: lastingTerminal(terminal), signal };
    const { values, positionals } = readOptions(await serveWords(args), SERVE_OPTIONS);
    const wish = readWish(values, positionals);
    if (!isArchive(wish.module)) return await serve(args, wish, context);
    await prefetch(ARCHIVE_NEEDS, context);
    await using opened = await openArchive(wish.module);
    const own = args.map((word) => word === wish.module ? opened.path : word);
    return await serve(own, { ...wish, module: opened.path }, context);
  },
};

async function serve(args: readonly string[], wish: ServeWish, context: CommandContext): Promise<number> {
  if (wish.revision !== undefined) await checkRevision(wish.module, wish.revision);
  if (wish.workers === undefined) return await (await load(wish, context))(wish, context);
  await prefetchFor(wish, context);
  return await serveWorkers(args, wish, context);
}

async function load(wish: ServeWish, context: CommandContext): Promise<typeof serveModule> {
  if (!wish.isWorker) await prefetchFor(wish, context);
  const module = "./serving/serve_module.ts"; // in a variable: Deno would download its packages when the command line starts
  return (await import(module) as { serveModule: typeof serveModule }).serveModule;
}

/** Downloads what serving needs and is not there yet, where this process may start others. */
async function prefetchFor({ grpcPort, workers }: ServeWish, context: CommandContext): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "run", command: Deno.execPath() });
  if (state === "granted") {
    const needs = grpcPort === undefined ? SERVE_NEEDS : SERVE_GRPC_NEEDS;
    return await prefetch(isSetUp() ? [...needs, ...TRACING_NEEDS] : needs, context);
  }
  if (workers !== undefined) throw new UsageError("--workers starts processes: allow it with Deno's --allow-run=deno");
}
