import type { Bundle } from "../../bundle/bundle.ts";
import { DeployError } from "../deploy_error.ts";
import { documentOf, type FunctionDocument } from "../settings/deployed_functions.ts";
import type { DeployProgress } from "../deploy_progress.ts";
import { type DownloadOptions, downloadPackages } from "./download_packages.ts";

/** What clients of brokers are fetched for the first stream of a kind, by names of `imports.json`. */
const CLIENTS: ReadonlyMap<string, string> = new Map([
  ["kafka", "@platformatic/kafka"],
  ["nats", "@nats-io/transport-node"],
  ["redis", "redis"],
]);

/** Which clients streams of these paths need. */
export function clientsOf(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => CLIENTS.get(schemeOf(path)) ?? []))];
}

/** Every stream that the document of a function names: of its queues, its triggers, its failures, the records of its models. */
export function streamPathsOf({ graph, triggers = {}, options, children = {}, tracking }: FunctionDocument): string[] {
  const paths = [
    ...(graph?.steps ?? []).filter(({ kind }) => kind === "queue").map(({ own }) => own?.path),
    ...Object.values(triggers).map((trigger) => "stream" in trigger ? trigger.stream : undefined),
    ...[options, ...Object.values(children)].map((place) => place?.errorStream),
    tracking?.path,
  ];
  return paths.filter((path) => typeof path === "string");
}

/** How clients are fetched. */
export interface ClientsWish extends Pick<DownloadOptions, "project" | "signal"> {
  readonly onProgress?: ((progress: DeployProgress) => void) | undefined;
  /** By the clock of `performance.now()`. Default: it may take as long as it takes. */
  readonly endsAt?: number;
}

/**
 * Downloads the clients of the brokers whose streams the functions of a bundle name, where these are not there yet: their processes
 * find them.
 *
 * @throws {DeployError} If one cannot be had.
 */
export async function fetchClients(
  act: string,
  bundle: Pick<Bundle, "files">,
  { project, signal, onProgress, endsAt = Infinity }: ClientsWish,
): Promise<void> {
  const paths = streamPathsOf(documentOf(bundle));
  const needs = clientsOf(paths);
  if (needs.length === 0) return;
  const kinds = [...new Set(paths.map(schemeOf).filter((scheme) => CLIENTS.has(scheme)))].map((kind) => `${kind}://`);
  const what = `what streams of ${kinds.join(" and ")} need (${needs.join(", ")})`;
  const say = (note: string) => onProgress?.({ state: "fetching", function: undefined, url: undefined, note });
  const late = new AbortController();
  const leftMs = Math.max(0, endsAt - performance.now());
  const timer = leftMs < LONGEST_MS ? setTimeout(() => late.abort(), leftMs) : undefined;
  try {
    const { failure, told } = await downloadPackages(needs, {
      project,
      signal: AbortSignal.any([late.signal, ...signal === undefined ? [] : [signal]]),
      onPackage: (_, count) => count === 1 && say(`Downloading ${what}, this first time only …`),
    });
    if (told !== undefined) say(told);
    if (failure === undefined) return;
    const lines = failure.split("\nStack backtrace", 1)[0]!.split("\n"); // it is Deno's own
    throw new DeployError(
      act,
      `${what} cannot be downloaded. Nothing was started. Let this machine reach its npm registry`,
      { lines },
    );
  } catch (error) {
    if (!late.signal.aborted || signal?.aborted === true) throw error;
    throw new DeployError(act, `${what} is not downloaded in time. Nothing was started`);
  } finally {
    clearTimeout(timer);
  }
}

const LONGEST_MS = 2_000_000_000; // of a timer

function schemeOf(path: string): string {
  return path.slice(0, path.indexOf("://")).toLowerCase();
}
