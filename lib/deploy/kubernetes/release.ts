import type { ProcessSettings } from "../settings/process_settings.ts";
import type { ClusterSettings } from "../settings/cluster_settings.ts";

/** One deployment of a graph to a namespace: what its objects are made of, and nothing else. */
export interface Release {
  /** The serving function's name, which its objects begin with. */
  readonly name: string;
  readonly namespace: string;
  /** The bundle. */
  readonly revision: string;
  /** What the pods run, `ghcr.io/shop/levada:0.1.0`. */
  readonly image: string;
  /** Secrets with which it is pulled. */
  readonly imagePullSecrets: readonly string[];
  /** How the code comes into a pod. */
  readonly code: ReleasedCode;
  readonly functions: readonly ReleasedFunction[];
  /** How long its pods may take to start, and to be made, before they are given up. Default 600. */
  readonly startSeconds?: number;
}

/** A deployment by its name. */
export type ReleasePlace = Pick<Release, "name" | "namespace">;

/** How long pods may take, in seconds, where nobody says: a model of gigabytes is fetched and warmed up. */
export const START_SECONDS = 600;

/** How the code of a revision comes into a pod. */
export type ReleasedCode =
  /** As a gzipped tar, base64, in a ConfigMap. */
  | { readonly kind: "config"; readonly archive: string }
  /** In the image, in this folder. */
  | ImageCode
  | StoredCode;

/** Code in an image. */
export interface ImageCode {
  readonly kind: "image";
  readonly folder: string;
  /** What the bundle's revision is the beginning of; undefined where an earlier Levada wrote this. */
  readonly sha256?: string | undefined;
}

/** Code in a store, as a gzipped tar at this URL. */
export interface StoredCode {
  readonly kind: "store";
  readonly url: string;
  /** SHA-256 of the archive, as hexadecimal digits; undefined where an earlier Levada wrote this. */
  readonly sha256?: string | undefined;
}

/** A function of it that has pods of its own. */
export interface ReleasedFunction {
  /** The child's name, or the serving function's own. */
  readonly name: string;
  /** The name of its objects. */
  readonly objectName: string;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: ProcessSettings;
  readonly resources: { readonly cpu?: number | string; readonly memory?: string; readonly gpu?: number };
  readonly cluster: ClusterSettings;
  /** The streams that feed it; where there are none, it is asked. */
  readonly streams: readonly FeedingStream[];
  /** The paths of streams that feed others, and that it publishes to. Default: none, as where an earlier Levada wrote this. */
  readonly publishes?: readonly string[];
}

/** A stream that feeds a function. */
export interface FeedingStream {
  /** `kafka://host:9092/topic`. */
  readonly path: string;
  readonly group: string;
}
