/** Names of images, such as `registry.example.com/team/shop:1.2` (distribution's reference grammar). */
import { type Digest, isDigest } from "./descriptor.ts";
import { ImageError } from "./image_error.ts";

/** Such a name, taken apart. */
export interface Reference {
  /** Where the registry listens: `host`, `host:port`. */
  readonly registry: string;
  /** `team/shop`. */
  readonly repository: string;
  /** The tag, or the digest. */
  readonly tag: string;
}

const DOCKER_HUB = "docker.io";
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const HOST = /^(?:\[[0-9a-f:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;

/**
 * Takes a name apart. Without a registry it is Docker Hub's, without a tag `latest`.
 *
 * @throws {ImageError} If it is no name of an image.
 */
export function parseReference(name: string): Reference {
  const refuse = (state: string): never => {
    throw new ImageError(`Cannot read "${name}" as the name of an image: ${state}. Say registry/name:tag`);
  };
  const [rest, digest, ...more] = name.split("@");
  if (more.length > 0 || digest !== undefined && !isDigest(digest)) {
    refuse("behind the @ stands no sha256: and 64 hex digits");
  }
  const [, path = "", tag = "latest"] = /^(.*?)(?::([^/:]*))?$/.exec(rest ?? "") ?? [];
  if (!TAG.test(tag)) refuse(`"${tag}" is no tag: letters, digits, _ . and -, 128 at most, the first no . or -`);
  const [first = "", ...others] = path.split("/");
  const isHost = others.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const registry = isHost ? first : DOCKER_HUB;
  const own = isHost ? others.join("/") : path;
  const repository = registry === DOCKER_HUB && !own.includes("/") ? `library/${own}` : own;
  if (!HOST.test(registry)) refuse(`"${registry}" is no host of a registry`);
  if (!REPOSITORY.test(repository)) refuse(`"${own}" is no name: small letters and digits, joined by . _ - and /`);
  return { registry, repository, tag: digest ?? tag };
}

/** The name as a whole. */
export function tellReference({ registry, repository, tag }: Reference): string {
  return `${registry}/${repository}${isDigest(tag) ? "@" : ":"}${tag}`;
}

/** A name that images of this registry are asked for by their digests. */
export function withDigest({ registry, repository }: Reference, digest: Digest): string {
  return `${registry}/${repository}@${digest}`;
}
