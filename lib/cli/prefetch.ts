/** Downloads made visible: whatever programs need, before anything of them runs. */

import { downloadPackages } from "../deploy/process/download_packages.ts";
import type { Package } from "../deploy/process/package_sizes.ts";
import { type CommandContext, CommandError } from "./command.ts";

/** Where to find what the names mean. */
export interface PrefetchOptions {
  /** The folder of `deno.json`, `imports.json` and `deno.lock`. Default: this project. */
  readonly project?: URL;
}

/** In an image this is JavaScript, with its packages beside it, and nothing is downloaded. */
const IS_IN_IMAGE = !import.meta.url.endsWith(".ts");
const HERE = new URL("../../", import.meta.url);
const WORDS_CHARACTERS = 20; // "  123 packages so far: " leaves the rest of the line to the name

/** What a notebook's kernel runs, beside what the notebook itself needs. */
export const KERNEL_NEEDS = ["kernel/main.ts", "kernel/engine/bootstrap.ts", "levada"] as const;
/** The same with our own client of it, which `run` and `demo` use. */
export const RUN_NEEDS = ["lib/cli/execute.ts", ...KERNEL_NEEDS] as const;
/** What serving a function runs, beside what its module needs. */
export const SERVE_NEEDS = ["lib/cli/serving/serve_module.ts"] as const;
/** The same with gRPC. */
export const SERVE_GRPC_NEEDS = [...SERVE_NEEDS, "@grpc/grpc-js", "@bufbuild/protobuf/wire"] as const;
/** What asks a cluster, and deploys to it. */
export const CLUSTER_NEEDS = ["lib/deploy/kubernetes/cluster_deployment.ts", "modern-tar", "yaml"] as const;
/** What opens a bundle in one file. */
export const ARCHIVE_NEEDS = ["modern-tar"] as const;
/** What telemetry loads where OpenTelemetry is set up. */
export const TRACING_NEEDS = ["@opentelemetry/api"] as const;

/**
 * Downloads what is needed and is not there yet, at the versions of `imports.json`, held against `deno.lock`; says so, and how
 * much it was.
 *
 * @param needs Modules as paths below the project, and packages by their names in `imports.json`.
 * @throws {CommandError} If something cannot be had; the text is Deno's own.
 */
export async function prefetch(
  needs: readonly string[],
  { terminal, signal }: CommandContext,
  { project }: PrefetchOptions = {},
): Promise<void> {
  if (IS_IN_IMAGE) return await checkHeld(needs);
  let isShown = false;
  const show = (one: Package, count: number) => {
    if (count === 1) terminal.out("Downloading what is needed, this first time only …\n");
    isShown = terminal.isInteractive;
    if (isShown) terminal.out(soFar(count, one, terminal.columns));
  };
  const hide = () => {
    if (isShown) terminal.out("\r\x1b[2K");
  };
  const { failure, told } = await downloadPackages(needs, { project, signal, onPackage: show }).finally(hide);
  if (failure !== undefined) throw new CommandError(`Cannot download what is needed:\n${failure}`);
  if (told !== undefined) terminal.out(`${told}.\n\n`);
}

/**
 * Looks whether an image holds what a command runs.
 *
 * @throws {CommandError} If not: it is made to serve, and has neither the kernel nor what bundles and deploys.
 */
async function checkHeld(needs: readonly string[]): Promise<void> {
  for (const need of needs.filter((one) => one.startsWith("lib/") && one.endsWith(".ts"))) {
    const file = new URL(need.replace(/\.ts$/, ".js"), HERE);
    if (await Deno.stat(file).then(() => true, () => false)) continue;
    throw new CommandError(
      `Cannot do this in an image: it has what serves, and not ${need}. Do it where Levada is installed`,
    );
  }
}

function soFar(count: number, { name, version }: Package, columns: number): string {
  const what = `${name} ${version}`.slice(0, Math.max(0, columns - WORDS_CHARACTERS - 3));
  return `\r\x1b[2K  ${count} so far: ${what}`;
}
