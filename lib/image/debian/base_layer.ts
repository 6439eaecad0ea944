/** Pinned packages of Debian → what lies lowest in an image: C libraries, certificates, time zones, two users. */
import { Buffer } from "node:buffer";
import { download, type DownloadOptions } from "../download.ts";
import { ImageError } from "../image_error.ts";
import type { LayerEntry } from "../layer/entry.ts";
import type { LayerRecipe } from "../layer/make_layer.ts";
import type { DebianPin, DebianPins } from "./debian_packages.ts";
import { readDeb } from "./read_deb.ts";

/** How the packages are had. */
export interface BaseOptions extends DownloadOptions {
  readonly pins: DebianPins;
  /** A mirror with the folders `debian` and `debian-security`. Default: Debian's own, and then its snapshots. */
  readonly mirror?: string | undefined;
}

const MIRROR = "https://deb.debian.org";
const SNAPSHOTS = "https://snapshot.debian.org/archive";
/** What no program reads: the licences (`copyright`) stay. */
const LEFT_OUT = /^usr\/share\/(lintian|man|doc\/(?!.*\/copyright$)(?![^/]+$))/;
const CERTIFICATE = /^usr\/share\/ca-certificates\/.*\.crt$/;
/** Who serves: a user without a name elsewhere, as in other images without a shell. */
export const USER = "65532";

/** What the base layer is made of. */
export function baseRecipe(options: BaseOptions): LayerRecipe {
  return { inputs: ["base", JSON.stringify(options.pins)], entries: () => baseEntries(options) };
}

/**
 * Makes the files.
 *
 * @throws {ImageError} If a package cannot be had, or is another than it should be.
 */
export async function baseEntries({ pins, mirror, ...options }: BaseOptions): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for (const pin of pins.packages) {
    const { control, entries: files } = await readDeb(pin.name, await download(fileOf(pin, pins, mirror), options));
    entries.push(...files.filter(({ path }) => !LEFT_OUT.test(path)));
    entries.push({ kind: "file", path: `var/lib/dpkg/status.d/${pin.name}`, bytes: control }); // who looks for known holes reads these
  }
  return [...entries, bundleCertificates(entries), ...systemEntries(pins)];
}

function fileOf(
  { name, version, archive, path, sha256 }: DebianPin,
  { snapshot }: DebianPins,
  mirror: string | undefined,
) {
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new ImageError(`Cannot fetch ${name} ${version}: it is pinned by "${sha256}", which is no SHA-256 in hex`);
  }
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return {
    name: `${name} ${version}`,
    urls: mirror === undefined
      ? [`${MIRROR}/${archive}/${encoded}`, `${SNAPSHOTS}/${archive}/${snapshot}/${encoded}`] // newer ones take a package's place in the first
      : [`${mirror.replace(/\/+$/, "")}/${archive}/${encoded}`],
    integrity: `sha256-${Buffer.from(sha256, "hex").toString("base64")}`,
  };
}

/** What `update-ca-certificates` writes when the package is installed. */
function bundleCertificates(entries: readonly LayerEntry[]): LayerEntry {
  const files = entries.filter((entry) => entry.kind === "file" && CERTIFICATE.test(entry.path)) as {
    readonly path: string;
    readonly bytes: Uint8Array;
  }[];
  const sorted = files.sort((one, other) => one.path < other.path ? -1 : 1);
  const text = sorted.map(({ bytes }) => `${new TextDecoder().decode(bytes).trimEnd()}\n`).join("");
  return textFile("etc/ssl/certs/ca-certificates.crt", text);
}

function systemEntries({ release: { version, codename } }: DebianPins): LayerEntry[] {
  return [
    { kind: "folder", path: "tmp", isOpen: true },
    { kind: "folder", path: "home/nonroot" },
    textFile(
      "etc/os-release",
      [
        `PRETTY_NAME="Debian GNU/Linux ${version} (${codename})"`,
        'NAME="Debian GNU/Linux"',
        `VERSION_ID="${version}"`,
        `VERSION="${version} (${codename})"`,
        `VERSION_CODENAME=${codename}`,
        "ID=debian\n",
      ].join("\n"),
    ),
    textFile(
      "etc/passwd",
      `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${USER}:${USER}:nonroot:/home/nonroot:/sbin/nologin\n`,
    ),
    textFile("etc/group", `root:x:0:\nnonroot:x:${USER}:\n`),
    textFile("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
  ];
}

function textFile(path: string, text: string): LayerEntry {
  return { kind: "file", path, bytes: new TextEncoder().encode(text) };
}
