import type { Secret } from "./secret.ts";

/** How a store is reached. What is left out is read from the environment, secrets also from files and mounts (see `readSecret`). */
export interface ItemOptions {
  /** Ends whatever the item does. */
  signal?: AbortSignal;
  /** So long no byte may come before an act fails, in milliseconds. Default: 60,000. */
  timeoutMs?: number;
  /** How often an act is tried again when the store does not answer, or answers 408, 429 or 5xx. Default: 3. */
  retries?: number;
  /** The pause before the first retry in milliseconds, doubled each time; `Retry-After` makes it longer. Default: 200. */
  backoffMs?: number;
  /** Where the store answers, for one that is not at its vendor's address: `http://minio:9000`. */
  endpoint?: string;
  /** The region of an S3 store. Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, `us-east-1`. */
  region?: string;
  /** Whether the bucket stands in the path instead of the host. Default: yes for another endpoint than Amazon's. */
  pathStyle?: boolean;
  /** Headers for http and https; they stay with the origin that they are meant for. */
  headers?: Readonly<Record<string, string | Secret>>;
  /** Certificates, as PEM text, that are trusted besides the usual ones. */
  caCerts?: readonly string[];
  /** Reads variables and names of secrets. Default: the environment of this process. */
  environment?: (name: string) => string | undefined;
}
