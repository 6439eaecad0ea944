/** Debian's packages (deb(5)) → what they are, and their files. */
import { describeThrown } from "../../errors.ts";
import { ImageError } from "../image_error.ts";
import type { LayerEntry } from "../layer/entry.ts";
import { readTar } from "../layer/read_tar.ts";
import { readAr } from "./read_ar.ts";

/** A package. */
export interface DebianPackage {
  /** What it says of itself. */
  readonly control: Uint8Array;
  readonly entries: readonly LayerEntry[];
}

/**
 * Reads a package.
 *
 * @throws {ImageError} If it is none, or broken.
 */
export async function readDeb(name: string, bytes: Uint8Array): Promise<DebianPackage> {
  const act = `read the package ${name}`;
  const members = readAr(act, bytes);
  const version = new TextDecoder().decode(members.get("debian-binary"));
  if (!version.startsWith("2.")) throw new ImageError(`Cannot ${act}: it is no package of format 2`);
  const entries = await readTar(await unpack(act, members, "data.tar"), { act });
  const about = await readTar(await unpack(act, members, "control.tar"), { act });
  const control = about.find(({ path }) => path === "control");
  if (control?.kind !== "file") throw new ImageError(`Cannot ${act}: it has no control file`);
  return { control: control.bytes, entries };
}

const UNPACKERS: Readonly<Record<string, (packed: Blob) => Promise<ReadableStream<Uint8Array>>>> = {
  "": (packed) => Promise.resolve(packed.stream()),
  ".gz": (packed) => Promise.resolve(packed.stream().pipeThrough(new DecompressionStream("gzip"))),
  ".xz": unpackXz,
};

/** The member of this name, whatever it is packed by. */
async function unpack(act: string, members: ReadonlyMap<string, Uint8Array>, name: string): Promise<Uint8Array> {
  const [found, bytes] = [...members].find(([member]) => member === name || member.startsWith(`${name}.`)) ?? [];
  if (found === undefined || bytes === undefined) throw new ImageError(`Cannot ${act}: it has no ${name}`);
  const kind = found.slice(name.length);
  const unpacker = Object.hasOwn(UNPACKERS, kind) ? UNPACKERS[kind] : undefined;
  if (unpacker === undefined) {
    const known = Object.keys(UNPACKERS).filter(Boolean).join(" and ");
    throw new ImageError(`Cannot ${act}: ${found} is packed by ${kind}, and only ${known} can be read`);
  }
  try {
    return new Uint8Array(await new Response(await unpacker(new Blob([bytes.slice()]))).arrayBuffer());
  } catch (error) {
    const { message } = describeThrown(error);
    throw new ImageError(`Cannot ${act}: ${found} is broken, or cut off: ${message}`, { cause: error });
  }
}

interface XzPackage {
  readonly default: {
    readonly XzReadableStream: new (packed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;
  };
}

async function unpackXz(packed: Blob): Promise<ReadableStream<Uint8Array>> {
  const name = "xz-decompress"; // in a variable: only who makes images needs it
  const { default: { XzReadableStream } } = await import(name) as XzPackage;
  return new XzReadableStream(packed.stream());
}
