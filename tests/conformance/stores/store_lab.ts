/** A real store with an empty bucket, and how to reach it. */

import type { ItemOptions } from "../../../lib/stores/item_options.ts";

/** What the contract is asked of. */
export interface StoreLab extends AsyncDisposable {
  readonly name: string;
  /** The bucket's URL, with a slash at its end. */
  readonly base: string;
  /** Reaches it as who may do everything. */
  readonly options: ItemOptions;
  /** Credentials that are wrong, and none; absent where the server checks none. */
  readonly strangers?: Readonly<Record<string, ItemOptions>>;
  /** Texts that may stand in no message. */
  readonly secrets: readonly string[];
  /** Another program's way to the same objects. */
  readonly witness: {
    read(key: string): Promise<Uint8Array>;
    write(key: string, bytes: Uint8Array): Promise<void>;
  };
}

/** Options whose environment is these variables alone. */
export function reading(variables: Readonly<Record<string, string>>, rest: ItemOptions = {}): ItemOptions {
  return { ...rest, environment: (name) => variables[name] };
}

/** Where tools for the suites are kept. */
export function toolFolder(name: string): string {
  return `${Deno.env.get("LEVADA_CACHE") ?? `${Deno.env.get("HOME")}/.cache/levada`}/${name}`;
}

/** A port that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Runs a program to its end. */
export async function runTool(
  program: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { ...options, args: [...args] }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (!success) throw new Error(`Cannot run ${program} ${args.join(" ")}: ${err || out}`);
  return out!;
}

/** A program that runs until it is ended; it serves as soon as its port answers. */
export async function startTool(
  program: string,
  args: readonly string[],
  { port, ...options }: Deno.CommandOptions & { port: number },
): Promise<AsyncDisposable> {
  const child = new Deno.Command(program, { ...options, args: [...args], stdout: "null", stderr: "piped" }).spawn();
  let isOver = false;
  const output = child.output().finally(() => isOver = true);
  for (const end = Date.now() + 60_000;;) {
    const isOpen = await Deno.connect({ hostname: "127.0.0.1", port }).then(
      (connection) => (connection.close(), true),
      () => false,
    );
    if (isOpen) break;
    if (isOver) {
      throw new Error(`Cannot start ${program}: ${new TextDecoder().decode((await output).stderr).slice(-2000)}`);
    }
    if (Date.now() > end) {
      child.kill();
      throw new Error(`Cannot start ${program}: nothing answers on port ${port} after 60 s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async [Symbol.asyncDispose]() {
      if (!isOver) child.kill();
      await output;
    },
  };
}
