/** Which cluster is meant, as messages name it; nothing of it is a secret. */
export interface ClusterPlace {
  /** What it is called: the context's name, or where it stands in. */
  readonly name: string;
  /** Where its API server answers, without a slash at its end. */
  readonly server: string;
  /** What is meant where nobody names a namespace. */
  readonly namespace: string;
}

/** Where a cluster answers, and as whom it is asked. */
export interface ClusterAccess extends ClusterPlace {
  /** The authorities that may have signed its certificate, as PEM text; Deno trusts them beside its own. Default: its own alone. */
  readonly authority?: string;
  /** A certificate of who asks, and its key, as PEM text. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** What each request is asked with, `Bearer …`; read anew where it may change, and at once where the last one was refused. */
  readonly authorization?: (wasRefused?: boolean) => Promise<string>;
  /** A proxy on the way, `http://…`. */
  readonly proxy?: string;
}
