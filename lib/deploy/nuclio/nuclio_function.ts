/** A function as Nuclio has it: what is read of it, and what is written. Other fields stand as the dashboard has them. */

/** A function at a dashboard. */
export interface NuclioFunction extends NuclioConfig {
  readonly status?: NuclioStatus;
}

/** What is said of a function. */
export interface NuclioConfig {
  readonly metadata: NuclioMetadata;
  readonly spec: NuclioSpec;
}

/** What a function is called, and whose it is. */
export interface NuclioMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Which state of it was read; a dashboard refuses to change another. */
  readonly resourceVersion?: string;
}

/** How a function is to run. */
export interface NuclioSpec {
  readonly description?: string;
  /** A dashboard asks for one, whatever the image holds. */
  readonly runtime: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly imagePullSecrets?: string;
  readonly env?: readonly NuclioVariable[];
  readonly envFrom?: readonly Readonly<Record<string, unknown>>[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly resources?: NuclioResources;
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly targetCPU?: number;
  readonly serviceAccount?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Readonly<Record<string, unknown>>[];
  readonly readinessTimeoutSeconds?: number;
  readonly triggers?: Readonly<Record<string, NuclioTrigger>>;
  readonly build?: Readonly<Record<string, unknown>>;
}

/** A variable of the environment. */
export interface NuclioVariable {
  readonly name: string;
  readonly value: string;
}

/** What a pod asks for, and what it may have. */
export interface NuclioResources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** What starts a function. */
export interface NuclioTrigger {
  readonly kind: string;
  readonly name: string;
  readonly url?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** How a function is. */
export interface NuclioStatus {
  /** `ready`, `unhealthy`, …: see `follow_state.ts`. */
  readonly state?: string;
  readonly message?: string;
  readonly logs?: readonly Readonly<Record<string, unknown>>[];
  /** `host:port`, without a scheme. */
  readonly internalInvocationUrls?: readonly string[];
  /** `host:port`, without a scheme. */
  readonly externalInvocationUrls?: readonly string[];
}
