import { join } from "node:path";
import { feedsOf } from "../../deploy/process/feeds.ts";
import { readRevision } from "../../deploy/process/keep_revision.ts";
import { readState } from "../../deploy/process/read_state.ts";
import { deploymentFolder, deploymentNames, stateFolder } from "../../deploy/process/state_folder.ts";
import { MissingStreamError } from "../../errors.ts";
import { fillSecrets } from "../../stores/fill_secrets.ts";
import { existingPath } from "../../streams/dead_letter_path.ts";
import { DrivenStream } from "../../streams/driven_stream.ts";
import { openStream } from "../../streams/open_stream.ts";
import { plainPath } from "../../streams/plain_path.ts";
import { type CommandContext, CommandError } from "../command.ts";
import { deployedStreams } from "../deployed_streams.ts";
import { prefetchClients } from "../prefetch_clients.ts";

/** A stream that somebody looks after. */
export interface KnownStream {
  /** With the secrets of its path. */
  readonly path: string;
  /** Whether it may be missing: a queue within one function stands for no stream. */
  readonly mayBeMissing: boolean;
}

/** The streams of a deployment by its name, the one of a path, or all that are known here. */
export async function knownStreams(name: string | undefined, context: CommandContext): Promise<KnownStream[]> {
  const paths = name === undefined
    ? [
      ...await localStreams(),
      ...(await Promise.all((await deploymentNames()).map(feedsOrNone))).flat().map(({ path }) => path),
    ]
    : name.includes("://")
    ? [name]
    : await deployedStreams(name);
  const filled = paths.map((path) => fillSecrets(path, {}));
  await prefetchClients(filled, context);
  const first = new Map(filled.toReversed().map((path) => [plainPath(path), path]));
  return [...first.values()].reverse().map((path) => ({ path, mayBeMissing: name?.includes("://") !== true }));
}

/** Does something with a stream that is there; undefined where it may be missing, and is. */
export async function withStream<Result>(
  { path, mayBeMissing }: KnownStream,
  run: (stream: DrivenStream<unknown>) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    await using stream = await openStream(existingPath(path));
    if (stream instanceof DrivenStream && !path.toLowerCase().startsWith("memory:")) return await run(stream);
    throw new CommandError(`Cannot look after ${path}: it is in a process of its own`);
  } catch (error) {
    if (mayBeMissing && error instanceof MissingStreamError) return undefined;
    throw error;
  }
}

/** Tells which deployment's functions read a stream as a group. */
type ReaderOf = (path: string, group: string) => string | undefined;

/** Which deployments read which streams; without those that cannot be read, where these are left out. */
export async function deploymentReaders({ leavesOutDamaged = false } = {}): Promise<ReaderOf> {
  const readers = new Map<string, string>();
  for (const name of await deploymentNames()) {
    for (const { path, groups } of await (leavesOutDamaged ? feedsOrNone : feedsOfDeployment)(name)) {
      for (const group of groups) readers.set(`${plainPath(path)} ${group}`, name);
    }
  }
  return (path, group) => readers.get(`${plainPath(path)} ${group}`);
}

const feedsOrNone: typeof feedsOfDeployment = (name) => feedsOfDeployment(name).catch(() => []);

/** None where nothing was ever deployed, or its revision cannot be read. */
async function feedsOfDeployment(name: string): Promise<ReturnType<typeof feedsOf>> {
  const folder = deploymentFolder(name);
  const state = await readState(`find the streams of "${name}"`, folder);
  if (state === undefined) return [];
  return await readRevision("find streams", state.revision, folder).then(feedsOf, () => []);
}

/** The streams whose files lie here, by their paths. */
async function localStreams(): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string, parts: readonly string[]): Promise<void> => {
    for await (const { name, isDirectory } of entriesOf(folder)) {
      if (isDirectory) await walk(join(folder, name), [...parts, name]);
      else if (name.endsWith(".db")) {
        const path = decode([...parts, name.slice(0, -3)]);
        if (path !== undefined) found.push(`local://${path}`);
      }
    }
  };
  await walk(join(stateFolder(), "streams"), []);
  return found.sort();
}

/** Undefined for what no stream is called: the file is somebody else's. */
function decode(parts: readonly string[]): string | undefined {
  try {
    return parts.map(decodeURIComponent).join("/");
  } catch {
    return undefined;
  }
}

async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
