/** Programs of this machine, run to their end. */

/** How one ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one. */
export async function runCommand(
  program: string,
  args: readonly string[],
  { env = {}, cwd }: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { NO_COLOR: "1", ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Runs one that has to end well; gives what it wrote. */
export async function mustRun(...given: Parameters<typeof runCommand>): Promise<string> {
  const { code, out, err } = await runCommand(...given);
  if (code === 0) return out;
  throw new Error(`${given[0]} ${given[1].join(" ")} ended with ${code}:\n${out}${err}`);
}
