import { type Caller, WatchedCaller } from "./caller.ts";
import { HangUps } from "./hang_ups.ts";
import { openMutualPort } from "./mutual_port.ts";

/** What a server shows its clients, and asks of them. */
export interface TlsOptions {
  /** Its certificate, with those that lead to a known authority, as PEM. */
  cert: string;
  /** The certificate's key, as PEM. */
  key: string;
  /** Only clients with a certificate of these authorities may ask, as PEM. Default: every client may. */
  clientCa?: string | undefined;
}

/** A port that requests come in by. */
export interface Port {
  readonly hostname: string;
  readonly port: number;
  /** Takes no more connections; resolves when what was asked has been answered. */
  shutdown(): Promise<void>;
}

/** How a port is opened. */
export interface PortOptions {
  readonly hostname: string;
  readonly port: number;
  readonly tls?: TlsOptions | undefined;
  /** Whether other processes may have the port too. */
  readonly isShared: boolean;
}

/** Answers a request of a caller; without one, the request itself tells when its caller leaves. */
export type Fetch = (request: Request, caller?: Caller) => Promise<Response>;

/** Opens a port by `Deno.serve`, or, where clients have to show a certificate, which it cannot ask for, by `node:https`. */
export async function openPort(fetch: Fetch, options: PortOptions): Promise<Port> {
  const { hostname, port, tls, isShared } = options;
  if (tls?.clientCa !== undefined) {
    return await openMutualPort(fetch, { ...options, tls: { ...tls, clientCa: tls.clientCa } });
  }
  let hangUps: Promise<HangUps | undefined> | undefined = undefined; // requests come before it is known whether there is one
  const server = Deno.serve(
    {
      hostname,
      port,
      onListen() {},
      ...(isShared ? { reusePort: true } : {}),
      ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key }),
    } as Deno.ServeTcpOptions,
    (request, info) => fetch(request, hangUps === undefined ? undefined : new WatchedCaller(request, info, hangUps)),
  );
  const address = server.addr as Deno.NetAddr;
  const opening = hangUps = HangUps.open(address.port);
  void opening.then((opened) => hangUps = opened === undefined ? undefined : opening);
  return { ...address, shutdown: () => server.shutdown().finally(async () => await (await opening)?.close()) };
}
