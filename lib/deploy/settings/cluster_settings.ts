/** How a function, or a child, runs in a cluster, besides how it is served. */
export interface ClusterSettings {
  /** How many pods it has, or between how many. Default 1. */
  readonly replicas?: number | Scale;
  /** Secrets in its namespace by their names; what each holds is found by the names of its keys, as in `readSecret("API_KEY")`. */
  readonly secretNames?: readonly string[];
  /** ConfigMaps and Secrets by their names, whose keys are environment variables. */
  readonly envFrom?: readonly ({ readonly configMapName: string } | { readonly secretName: string })[];
  /** How the world finds it. Default: within the cluster alone. */
  readonly ingress?: IngressSettings;
  /** How the world finds it through a Gateway, where the cluster has the Gateway API. Default: within the cluster alone. */
  readonly route?: RouteSettings;
  /**
   * Who may ask it besides pods of its own namespace: namespaces by their labels, such as `{ "kubernetes.io/metadata.name": "monitoring" }`
   * for a Prometheus there; `any` is everybody, the API server by which `invoke` asks too. Default: nobody else; everybody where there is an
   * ingress or a route that does not say who hands its requests on.
   */
  readonly from?: "any" | readonly Readonly<Record<string, string>>[];
  /** The account that its pods have. Default: one of its own, which may nothing. */
  readonly serviceAccount?: string;
  /** Only nodes with these labels. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Nodes that keep others away: as Kubernetes has them. */
  readonly tolerations?: readonly Readonly<Record<string, unknown>>[];
  /**
   * `new-first`: a pod is ready before another one goes. `old-first`: one goes, then its place is another's, where there is no room for one
   * more, as with GPUs that are all in use; a function with one pod is away meanwhile. Default `new-first`.
   */
  readonly rollout?: "new-first" | "old-first";
  /** The number of the user that its pods run as; `assigned`: whom the cluster gives, as OpenShift does, which refuses others. Default 65,532. */
  readonly user?: number | "assigned";
}

/** Between how many pods a function has, and by what. */
export interface Scale {
  /** At least; 0 only where nobody asks it, on targets that can: in a cluster what a Kafka without a login feeds, by `lag`. */
  readonly min: number;
  /** At most. */
  readonly max: number;
  /** More pods where they use more of the processor than they ask for, in percent. Default 80 for functions that are asked. */
  readonly cpu?: number;
  /** More pods where more records wait for each, for what is fed by a stream: where the cluster has KEDA. */
  readonly lag?: number;
}

/** How the world finds a function. */
export interface IngressSettings {
  /** By this name. */
  readonly host: string;
  /** What paths begin with. Nothing is taken off them, unless `annotations` say so to its controller. Default `/`. */
  readonly path?: string;
  /** The namespaces where its controller stands, by their labels: only these hand requests on. Default: everybody may ask the function. */
  readonly from?: readonly Readonly<Record<string, string>>[];
  /** Which controller. Default: the cluster's default. */
  readonly className?: string;
  /** The Secret with certificate and key. Default: http. */
  readonly tlsSecretName?: string;
  /** What its controller is told besides. Default: nothing. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** How the world finds a function through a Gateway: an HTTPRoute of the Gateway API. */
export interface RouteSettings {
  /** By this name. */
  readonly host: string;
  /** What paths begin with, which is taken off them. Default `/`. */
  readonly path?: string;
  /** The Gateway; `listener` is the one that is meant of several. Default namespace: its own. */
  readonly gateway: { readonly name: string; readonly namespace?: string; readonly listener?: string };
  /** Whether its listener has a certificate: addresses begin with https. Default false. */
  readonly https?: boolean;
  /** The namespaces where its proxies stand, by their labels: only these hand requests on. Default: everybody may ask the function. */
  readonly from?: readonly Readonly<Record<string, string>>[];
}
