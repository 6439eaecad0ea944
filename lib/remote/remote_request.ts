/** A request that is ready to be sent, and sent again. */
export interface RemoteRequest {
  readonly method: string;
  /** Without credentials: those are among `own`. */
  readonly url: URL;
  /** The user's headers: they are meant for the URL's origin, and for nobody else. */
  readonly own: Headers;
  /** What says which event this is, and what kind of body. */
  readonly sent: Headers;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  /** How messages call it: `POST https://host/path`. */
  readonly name: string;
  /** What must not stand in messages. */
  readonly secrets: readonly string[];
  /** Whether redirects are followed. Default: true. */
  readonly isRedirected?: boolean;
  /** Reads the answer. Default: by its content type. */
  readonly decode?: (bytes: Uint8Array, headers: Headers) => unknown;
}
