/**
 * Images of a registry on this machine's loopback, pulled and unpacked as container runtimes do: every digest is checked, every layer is a folder
 * that lies below others in an overlay, and is had once.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** What runs for an image. */
export interface NodeImage {
  /** What a container's `command` replaces. */
  readonly entry: readonly string[];
  /** What its `args` replace. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its root: folders, the highest first, and who it runs as. Default: the machine's files, as root. */
  readonly unpacked?: { readonly layers: readonly string[]; readonly user: string };
}

/** Logins by registry, base64 of `name:password`. */
export type Logins = Readonly<Record<string, string>>;

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly mediaType: string; readonly size: number }[];
}
interface Config {
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly config?: {
    readonly Entrypoint?: string[];
    readonly Cmd?: string[];
    readonly Env?: string[];
    readonly User?: string;
    readonly WorkingDir?: string;
  };
}

const REFERENCE = /^((?:localhost|127\.0\.0\.1):\d+)\/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?$/;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

/** The images of a node. */
export class ImageStore {
  readonly #folder: string;
  readonly #layers = new Map<string, Promise<string>>();
  readonly #digests = new Map<string, string>(); // of the names that were pulled
  readonly #images = new Map<string, NodeImage>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The image of a name, pulled where the node has none of that name, or always; undefined where the name is of no registry of this machine.
   *
   * @throws {Error} If it cannot be pulled, in a kubelet's words.
   */
  async find(
    name: string,
    { always, logins }: { always: boolean; logins: () => Promise<Logins> },
  ): Promise<NodeImage | undefined> {
    const [, registry, repository, tag = "latest", digest] = REFERENCE.exec(name) ?? [];
    if (registry === undefined) return undefined;
    const known = digest ?? (always ? undefined : this.#digests.get(name));
    const there = known === undefined ? undefined : this.#images.get(known);
    if (there !== undefined) return there;
    try {
      const { [registry]: login } = await logins();
      const get = (path: string) => fetched(`http://${registry}/v2/${repository}/${path}`, login);
      const bytes = await (await get(`manifests/${digest ?? tag}`)).bytes();
      const found = sha256(bytes);
      if (digest !== undefined && found !== digest) throw new Error(`unexpected digest ${found}`);
      const image = this.#images.get(found) ?? await this.#unpack(JSON.parse(new TextDecoder().decode(bytes)), get);
      this.#images.set(found, image);
      this.#digests.set(name, found);
      return image;
    } catch (error) {
      throw new Error(`failed to pull and unpack image "${name}": ${(error as Error).message}`);
    }
  }

  async #unpack(manifest: Manifest, get: (path: string) => Promise<Response>): Promise<NodeImage> {
    const bytes = await (await get(`blobs/${manifest.config.digest}`)).bytes();
    if (sha256(bytes) !== manifest.config.digest) throw new Error("the configuration is another than its digest says");
    const { rootfs, config = {} }: Config = JSON.parse(new TextDecoder().decode(bytes));
    if (rootfs.diff_ids.length !== manifest.layers.length) throw new Error("layers and diff_ids differ in number");
    const layers = await Promise.all(manifest.layers.map(({ digest, mediaType }, index) => {
      if (mediaType !== LAYER) throw new Error(`a layer is of the type ${mediaType}`);
      const layer = this.#layers.get(digest) ?? this.#layer(digest, rootfs.diff_ids[index]!, get);
      this.#layers.set(digest, layer);
      layer.catch(() => this.#layers.delete(digest));
      return layer;
    }));
    const { Entrypoint = [], Cmd = [], Env = [], User = "0:0", WorkingDir = "" } = config;
    return {
      entry: Entrypoint,
      words: Cmd,
      cwd: WorkingDir || "/",
      env: Object.fromEntries(Env.map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)])),
      unpacked: { layers: layers.toReversed(), user: User },
    };
  }

  async #layer(digest: string, diffId: string, get: (path: string) => Promise<Response>): Promise<string> {
    const folder = join(this.#folder, digest.slice(-16));
    await Deno.mkdir(folder, { recursive: true });
    const packed = createHash("sha256"), plain = createHash("sha256");
    const { body } = await get(`blobs/${digest}`);
    const tar = new Deno.Command("tar", { args: ["-xp", "-C", folder], stdin: "piped", stderr: "piped" }).spawn();
    const files = body!.pipeThrough(hashed(packed)).pipeThrough(new DecompressionStream("gzip") as never)
      .pipeThrough(hashed(plain)).pipeTo(tar.stdin);
    const [{ success, stderr }] = await Promise.all([tar.output(), files]);
    if (!success) throw new Error(`tar: ${new TextDecoder().decode(stderr)}`);
    if (`sha256:${packed.digest("hex")}` !== digest) throw new Error(`the layer ${digest} is another than its digest`);
    if (`sha256:${plain.digest("hex")}` !== diffId) throw new Error(`the layer ${digest} is another than its diff_id`);
    await markRemoved(folder);
    return folder;
  }
}

/** A file `.wh.NAME` says that a layer below has no NAME: an overlay says that by a device. */
async function markRemoved(folder: string): Promise<void> {
  const script = `find "$1" -name '.wh.*' | while read -r f; do n=\${f##*/}; rm "$f"
[ "$n" = .wh..wh..opq ] && { echo "opaque folders are not known here" >&2; exit 1; }
mknod "\${f%/*}/\${n#.wh.}" c 0 0 || exit 1; done`;
  const { success, stderr } = await new Deno.Command("sh", { args: ["-c", script, "sh", folder] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function hashed(
  hash: ReturnType<typeof createHash>,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(part, out) {
      hash.update(part);
      out.enqueue(part);
    },
  });
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function fetched(url: string, login: string | undefined): Promise<Response> {
  const headers = { accept: MANIFEST, ...login !== undefined && { authorization: `Basic ${login}` } };
  const response = await fetch(url, { headers });
  if (response.ok) return response;
  await response.body?.cancel();
  const why = response.status === 404 ? "not found" : response.status === 401 ? "401 Unauthorized" : response.status;
  throw new Error(`failed to resolve reference "${url}": ${why}`);
}
