import { join } from "node:path";
import { type Bundle, manifestOf } from "../../bundle/bundle.ts";
import type { UnitFeed } from "../../bundle/described_units.ts";
import { HIDDEN } from "../../redact_text.ts";
import { fillSecrets } from "../../stores/fill_secrets.ts";
import { existingPath } from "../../streams/dead_letter_path.ts";
import { DrivenStream } from "../../streams/driven_stream.ts";
import { openStream } from "../../streams/open_stream.ts";
import { plainPath } from "../../streams/plain_path.ts";
import type { Stream } from "../../streams/stream.ts";
import { documentOf, functionsOfBundle } from "../settings/deployed_functions.ts";
import { feedsOf } from "./feeds.ts";
import type { DeploymentFolder } from "./state_folder.ts";

type Manifested = Pick<Bundle, "files">;

/** Beside what is to run. */
export interface ReadersParts {
  readonly folder: Pick<DeploymentFolder, "state">;
  /** What runs now; undefined where nothing does, or that cannot be read. */
  readonly before: Manifested | undefined;
}

const PATIENCE_MS = 5_000; // a broker that is away is told of by who starts

/**
 * What functions of a bundle would read from the first record on, as a group that has not read the stream before: with what there is, and with
 * how to go on where a group is that ends, as that of a function that was renamed. A line each; none where a broker does not tell.
 */
export async function tellNewReaders(bundle: Manifested, { folder, before }: ReadersParts): Promise<string[]> {
  const { feeds = [] } = manifestOf(bundle);
  const ran = before === undefined ? [] : manifestOf(before).feeds ?? [];
  const isNew = ({ path, group, from }: UnitFeed) =>
    from !== "end" && !/^memory:/i.test(path) &&
    !ran.some((other) => plainPath(other.path) === plainPath(path) && other.group === group);
  const notes = await Promise.all(
    feeds.filter(isNew).map(async (feed) => {
      if (feed.path.includes(HIDDEN)) return unaskable(feed); // a broker locks who comes with a wrong password
      const staying = feeds.filter(({ path }) => plainPath(path) === plainPath(feed.path)).map(({ group }) => group);
      const ending = groupsOf(before, feed.path).filter((group) => !staying.includes(group));
      return await inTime(tell(feed, { folder, before, ending }).catch(() => undefined));
    }),
  );
  return notes.filter((note) => note !== undefined);
}

async function tell(
  { function: reader, path, group, trigger }: UnitFeed,
  { folder, before, ending }: ReadersParts & { readonly ending: readonly string[] },
): Promise<string | undefined> {
  await using stream = await open(path, folder);
  if (!(stream instanceof DrivenStream)) return undefined;
  const known = (await stream.groups()).map((one) => one.group);
  if (known.includes(group)) return undefined;
  const records = await stream.lag(group);
  if (records === 0) return undefined;
  const what =
    `function ${reader}: reads ${
      plainPath(path)
    } from its first record on, since "${group}" has not read it before: there are ` +
    countOf(records);
  const skip = trigger === undefined ? "" : `. To leave these out, say from: "end" of trigger "${trigger}"`;
  const [old] = ending.filter((one) => known.includes(one));
  if (old === undefined) return `${what}${skip}`;
  const cure = trigger === undefined
    ? `keep the function's name, "${functionOf(old, before!)}"`
    : `say group: "${old}" of trigger "${trigger}"`;
  const left = countOf(await stream.lag(old));
  return `${what}. Group "${old}", which ends, has ${left} of them left: what it has done is done again. To go on where it is, ${cure}${skip}`;
}

function unaskable({ function: reader, path, group }: UnitFeed): string {
  return `function ${reader}: reads ${
    plainPath(path)
  } as "${group}": nobody can tell how many records it reads from the first on, since a login is ` +
    `written out in its path, which no bundle holds. To be told, say secrets by name: redis://user:\${PASSWORD}@host/orders`;
}

async function open(path: string, { state }: ReadersParts["folder"]): Promise<Stream> {
  const there = existingPath(fillSecrets(path, {}));
  if (!/^local:/i.test(path)) return await openStream(there);
  const { openLocal } = await import("../../streams/local/open_local.ts"); // SQLite is not for those who never ask
  return await openLocal(there, { folder: join(state, "streams") });
}

function groupsOf(before: Manifested | undefined, path: string): readonly string[] {
  const feeds = before === undefined ? [] : feedsOf(before);
  return feeds.filter((one) => plainPath(one.path) === plainPath(path)).flatMap(({ groups }) => groups);
}

/** Whose group that is. */
function functionOf(group: string, before: Manifested): string {
  const { name: fn } = documentOf(before);
  const { name } = functionsOfBundle(before).find(({ name }) => group === (name === fn ? fn : `${fn}-${name}`)) ?? {};
  return name ?? group;
}

function countOf(records: number): string {
  return records.toLocaleString("en-US");
}

/** What comes in time; undefined where nothing does. */
async function inTime<Value>(coming: Promise<Value>): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), PATIENCE_MS);
  return await Promise.race([coming, late.promise]).finally(() => clearTimeout(timer));
}
