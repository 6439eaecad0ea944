import type { DeployProgress } from "../deploy_progress.ts";

/** How a function is deployed to processes of this machine. */
export interface ProcessOptions {
  /** How many processes each function has. Default: as many as its `serve` says, else 1. */
  readonly workers?: number;
  /** Where the function itself listens. Default: where it did before, else a free port. */
  readonly port?: number;
  /** Whether what runs as it is wished is replaced too, as where the environment has changed. Default false. */
  readonly renew?: boolean;
  /** How long everything may take to be ready, in milliseconds. Default 120,000. */
  readonly deadlineMs?: number;
  /** Told how far it is: which function starts, which is ready. Default: nobody; in Levada's kernel, the cell's output. */
  readonly onProgress?: (progress: DeployProgress) => void;
  /** Gives it up: what ran runs on. */
  readonly signal?: AbortSignal;
}

/** How long everything may take to be ready, in milliseconds, where nobody says. */
export const DEADLINE_MS = 120_000;
