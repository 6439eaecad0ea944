/** Where a cluster answers, and as whom it is asked. */
export interface ClusterAccess {
  /** What it is called: the context's name, or where it stands in. */
  readonly name: string;
  /** Where its API server answers, without a slash at its end. */
  readonly server: string;
  /** What is meant where nobody names a namespace. */
  readonly namespace: string;
  /** The authorities that may have signed its certificate, as PEM text. Default: those that Deno trusts. */
  readonly authority?: string;
  /** A certificate of who asks, and its key, as PEM text. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** What each request is asked with, `Bearer …`; read anew where it may change. */
  readonly authorization?: () => Promise<string>;
  /** A proxy on the way, `http://…`. */
  readonly proxy?: string;
}
