/** How a function runs in a cluster, as its document says in `cluster`: what of it Nuclio can be told. */
export interface ClusterPlace {
  readonly replicas?: number | {
    readonly min: number;
    readonly max: number;
    readonly cpu?: number;
    readonly lag?: number;
  };
  readonly secretNames?: readonly string[];
  readonly envFrom?: readonly ({ readonly configMapName: string } | { readonly secretName: string })[];
  readonly ingress?: {
    readonly host: string;
    readonly path?: string;
    readonly className?: string;
    readonly tlsSecretName?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly from?: unknown;
  readonly serviceAccount?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Readonly<Record<string, unknown>>[];
}
