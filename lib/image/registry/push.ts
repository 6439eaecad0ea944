/** An image → a registry: what it lacks, and the manifest last. */
import type { BlobStore } from "../blob_store.ts";
import { type Descriptor, isDigest } from "../descriptor.ts";
import { ImageError } from "../image_error.ts";
import { type Image, manifestBytes } from "../make_image.ts";
import { type Reference, tellReference } from "../reference.ts";
import { RegistryClient, type RegistryOptions } from "./registry_client.ts";
import { RegistryError } from "./registry_error.ts";

/** How it is sent. */
export interface PushOptions extends RegistryOptions {
  readonly blobs: BlobStore;
  /** Told of each blob. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** What was sent. */
export interface Pushed {
  readonly sent: readonly Descriptor[];
  /** What the registry had. */
  readonly kept: readonly Descriptor[];
}

const TRIES = 4;

/**
 * Sends an image. What the registry has is not sent again; an upload that breaks off goes on where it was.
 *
 * @throws {ImageError} If it cannot; the tag then means what it did before.
 */
export async function pushImage(
  image: Image,
  reference: Reference,
  { blobs, onProgress = () => {}, ...options }: PushOptions,
): Promise<Pushed> {
  const name = tellReference(reference);
  const act = `push ${name}`;
  if (isDigest(reference.tag)) {
    throw new ImageError(`Cannot ${act}: an image is pushed by a tag. Say ${name.split("@")[0]}:TAG`);
  }
  const client = new RegistryClient(reference, { ...options, actions: "pull,push" });
  const base = `/v2/${reference.repository}`;
  const { config, layers } = image.manifest;
  const wanted = new Map([...layers, config].map((one) => [one.digest, one]));
  const [sent, kept]: [Descriptor[], Descriptor[]] = [[], []];
  for (const one of wanted.values()) {
    const { digest } = one;
    const head = await client.ask(client.url(`${base}/blobs/${digest}`), { act, method: "HEAD", accepts: [404] });
    if (head.ok) kept.push(one);
    else {
      onProgress(`sending ${digest.slice(0, 19)}, ${(one.size / 1e6).toFixed(1)} MB`);
      await sendBlob(client, { act, base, digest, bytes: await blobs.read(digest) });
      sent.push(one);
    }
  }
  const answer = await client.ask(client.url(`${base}/manifests/${reference.tag}`), {
    act,
    method: "PUT",
    headers: { "content-type": image.descriptor.mediaType },
    body: manifestBytes(image),
  });
  await answer.body?.cancel();
  checkDigest(act, reference, { said: answer.headers.get("docker-content-digest"), digest: image.descriptor.digest });
  return { sent, kept };
}

interface Blob {
  readonly act: string;
  /** Where the repository is. */
  readonly base: string;
  readonly digest: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function sendBlob(client: RegistryClient, blob: Blob): Promise<void> {
  const { act, base, digest, bytes } = blob;
  for (let attempt = 1;; attempt += 1) {
    const begun = await client.ask(client.url(`${base}/blobs/uploads/`), { act, method: "POST" });
    await begun.body?.cancel();
    try {
      const place = await sendBytes(client, placeOf(client, begun, act), { act, bytes });
      place.searchParams.set("digest", digest);
      const done = await client.ask(place, { act: `${act}: finish ${digest}`, method: "PUT", isOnce: true });
      await done.body?.cancel();
      checkDigest(act, client, { said: done.headers.get("docker-content-digest"), digest });
      return;
    } catch (error) {
      if (attempt >= TRIES || !mayWorkAgain(error)) throw error;
      await client.pause(attempt);
    }
  }
}

/** Sends bytes to where an upload is; after a break from where that is on. */
async function sendBytes(
  client: RegistryClient,
  start: URL,
  { act, bytes }: { act: string; bytes: Uint8Array<ArrayBuffer> },
): Promise<URL> {
  let [place, at] = [start, 0];
  for (let attempt = 1; at < bytes.length; attempt += 1) {
    const range = at === 0 ? {} : { "content-range": `${at}-${bytes.length - 1}` };
    try {
      const answer = await client.ask(place, {
        act,
        method: "PATCH",
        headers: { "content-type": "application/octet-stream", ...range },
        body: bytes.subarray(at),
        isOnce: true,
      });
      await answer.body?.cancel();
      return placeOf(client, answer, act);
    } catch (error) {
      if (attempt >= TRIES || !mayWorkAgain(error)) throw error;
      await client.pause(attempt);
      const status = await client.ask(place, { act, isOnce: true });
      await status.body?.cancel();
      place = placeOf(client, status, act);
      at = nextByte(status.headers.get("range"));
    }
  }
  return place;
}

/** `0-99`: a hundred bytes are there. */
function nextByte(range: string | null): number {
  const end = Number(/^(?:bytes=)?0-(\d+)$/.exec(range ?? "")?.[1]);
  return end > 0 ? end + 1 : 0; // 0-0 is said of an upload that has nothing
}

function placeOf(client: RegistryClient, { headers }: Response, act: string): URL {
  const location = headers.get("location");
  if (location !== null) return client.place(act, location);
  throw new RegistryError(`Cannot ${act}: ${client.registry} does not say where to send the bytes`);
}

/** Whether trying again may help: the connection broke, or the upload is forgotten. */
function mayWorkAgain(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  const { status } = error;
  return status === undefined || status >= 500 || status === 404 || status === 416 || status === 429;
}

function checkDigest(
  act: string,
  { registry }: { registry: string },
  { said, digest }: { said: string | null; digest: string },
): void {
  if (said === null || said === digest) return;
  throw new RegistryError(
    `Cannot ${act}: ${registry} has other bytes than were sent: it says ${said} of ${digest}. Push again`,
  );
}
