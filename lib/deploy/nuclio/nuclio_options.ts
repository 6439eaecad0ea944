import type { DeployProgress } from "../deploy_progress.ts";

/** How a function is deployed to Nuclio. */
export interface NuclioOptions {
  /** Where Nuclio's dashboard answers, `http://nuclio-dashboard.nuclio:8070`. Default: LEVADA_NUCLIO_DASHBOARD. */
  readonly dashboard?: string;
  /** The name of a secret that the dashboard takes as `Authorization: Bearer …`. Default: none is sent. */
  readonly token?: string;
  /** The namespace of the functions. Default: the dashboard's own. */
  readonly namespace?: string;
  /** The project that they belong to, which is there. Default `default`. */
  readonly project?: string;
  /** An image with the bundle in it that serves it, as `levada image` makes: Nuclio builds nothing. */
  readonly image?: string;
  /** The name of the Secret with which the image is pulled; Nuclio takes one. Default: what the dashboard says. */
  readonly imagePullSecrets?: readonly string[];
  /** How many pods each function has. Default: what its `cluster` says, else 1. */
  readonly replicas?: number;
  /** Whether callers from outside the cluster find it at a port of its nodes. Default false. */
  readonly nodePort?: boolean;
  /** Whether schedules are shown as cron triggers: not where the platform makes CronJobs of those. Default true. */
  readonly mirrorSchedules?: boolean;
  /** Where callers find the function, as behind a port-forward. Default: what Nuclio says; `invoke` asks the bundle's ingress, else by way of the dashboard. */
  readonly invokeUrl?: string;
  /** The name of the secret that the function takes from callers, for `invoke`. Default: what its bundle says. */
  readonly invokeToken?: string;
  /** How long everything may take to be ready, in milliseconds. Default 120,000. */
  readonly deadlineMs?: number;
  /** Told how far it is. Default: nobody; in Levada's kernel, the cell's output. */
  readonly onProgress?: (progress: DeployProgress) => void;
  /** Gives it up: what ran runs on. */
  readonly signal?: AbortSignal;
  /** A kubeconfig of the cluster: why pods are not ready, which Nuclio tells late or not at all, is read there. Default: as kubectl finds it; none is no fault. */
  readonly kubeconfig?: string;
  /** A context in it. Default: its current one. */
  readonly context?: string;
  /** Looks why a function's pods are not ready. Default: by the kubeconfig, or the account of this pod; nobody where there is neither. */
  readonly lookUp?: PodLookUp;
}

/** Why the pods of a function are not ready, in words; undefined where nothing speaks against it. */
export type PodLookUp = (
  pods: {
    readonly namespace: string | undefined;
    /** Their labels. */
    readonly labels: Readonly<Record<string, string>>;
    /** Their names, as the dashboard tells them; those of what ran before are left out. */
    readonly names: readonly string[];
    readonly signal: AbortSignal;
  },
) => Promise<PodTrouble | undefined>;

/** What keeps pods from being ready. */
export interface PodTrouble {
  /** In words. */
  readonly reason: string;
  /** Whether waiting helps no more, as where there is no such image. */
  readonly isFinal: boolean;
  /** The last lines that the pods wrote. */
  readonly lines?: readonly string[];
  /** How many pods are ready. Default: nobody tells. */
  readonly ready?: number;
}

/** How long everything may take to be ready, in milliseconds, where nobody says. */
export const NUCLIO_DEADLINE_MS = 120_000;
