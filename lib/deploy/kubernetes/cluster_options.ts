import type { DeployProgress } from "../deploy_progress.ts";
import type { AccessWish } from "../cluster/kubeconfig.ts";

/** How a function is deployed to a cluster. */
export interface ClusterOptions extends AccessWish {
  /** Where in the cluster. Default: that of the context. */
  readonly namespace?: string;
  /**
   * What its pods run: an image whose program is Levada's command line. `levada image --runtime`
   * makes one, and `levada image` one that has the bundle too. Default: LEVADA_IMAGE.
   */
  readonly image?: string;
  /**
   * The folder of the image that holds the bundle: `/bundle` in those of `levada image`. What is larger than a ConfigMap takes goes so.
   * Default: the code travels in a ConfigMap.
   */
  readonly bundleFolder?: string;
  /**
   * A store that pods fetch the bundle from: `s3://bucket/folder/`, `gs://…`, `az://…`, `https://…`. A folder, with `/` at the
   * end: each revision is uploaded to a place of its own, which is never another's, and stays there. Here and in the pods credentials are those of
   * stores, and what `${NAME}` in an http URL means: there by `cluster: { secretNames }` or `envFrom`. Default: the code travels in a ConfigMap.
   */
  readonly bundleUrl?: string;
  /** Secrets by their names, with which the image is pulled. Default: none. */
  readonly imagePullSecrets?: readonly string[];
  /** How many pods each function has. Default: what its `cluster` says, else 1. */
  readonly replicas?: number;
  /**
   * Takes over what somebody else has written into its objects, and objects of its names that no controller, no other deployment and no other
   * target has. Default false: these are named, and nothing is changed.
   */
  readonly force?: boolean;
  /**
   * How long everything may take to be ready, in milliseconds. Over 600,000 it is how long pods may take to start and to be made too, so that
   * another one makes other pods. Default 300,000.
   */
  readonly deadlineMs?: number;
  /** Told how far it is. Default: nobody; in Levada's kernel, the cell's output. */
  readonly onProgress?: (progress: DeployProgress) => void;
  /** Gives it up: what ran runs on. */
  readonly signal?: AbortSignal;
}

/** How long everything may take to be ready, in milliseconds, where nobody says: nodes may have to be made first. */
export const CLUSTER_DEADLINE_MS = 300_000;
