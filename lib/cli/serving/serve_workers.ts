import { type CommandContext, CommandError } from "../command.ts";
import { Crew } from "../workers/crew.ts";
import type { ServeWish } from "./serve_wish.ts";
import { endAtOnce, unlessAsked, untilAsked } from "../until_asked.ts";

/** Serves a function by several processes on one port, until somebody asks to end; a process that dies is replaced. */
export async function serveWorkers(
  args: readonly string[],
  { workers = 1, workerFlags, hostname = "127.0.0.1", port = 8080, graceMs }: ServeWish,
  context: CommandContext,
): Promise<number> {
  const { terminal, signal } = context;
  checkPort(hostname, port);
  const crew = new Crew(args, { size: workers, flags: workerFlags, graceMs, context });
  const first = await unlessAsked(signal, crew.start());
  if (first === undefined) {
    endAtOnce(() => crew.kill());
    await crew.stop();
    terminal.out("Ended before it served.\n");
    return 0;
  }
  const { lines, port: taken } = first;
  terminal.out(`${lines.join("\n")}\n  ${workers} workers share port ${taken}\n`);
  const renew = () => void crew.renew();
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", renew);
  try {
    await Promise.race([untilAsked(signal), crew.failed]);
    endAtOnce(() => crew.kill());
    terminal.out("Ending: answering what has been accepted …\n");
  } finally {
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", renew);
    await crew.stop();
  }
  terminal.out("Ended.\n");
  return 0;
}

/** Processes that share a port do not see that another program has it. */
function checkPort(hostname: string, port: number): void {
  try {
    Deno.listen({ hostname, port }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) return; // a worker says it better
    throw new CommandError(
      `Cannot serve on ${hostname}:${port}: another program listens there. Stop it, or take another port; port 0 finds a free one`,
    );
  }
}
