/** Addresses as ZeroMQ writes them, and the connections behind them. */

import { SocketError } from "./socket_error.ts";

/** Where a socket is: a host and port, or the path of a Unix socket. */
export type Address =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "ipc"; readonly path: string };

/**
 * Reads `tcp://127.0.0.1:5555`, `tcp://*:5555`, `tcp://[::1]:0` or `ipc:///run/kernel-1`.
 *
 * @throws {SocketError} If it is anything else.
 */
export function decodeAddress(text: string): Address {
  const path = /^ipc:\/\/([^@].*)$/.exec(text)?.[1];
  if (path !== undefined) return { transport: "ipc", path };
  const [, bracketed, plain, digits] = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const hostname = bracketed ?? plain;
  const port = Number(digits);
  if (hostname === undefined || !(port <= 65535)) {
    throw new SocketError(`Cannot use address "${text}": it must read tcp://HOST:PORT or ipc://PATH`);
  }
  return { transport: "tcp", hostname: hostname === "*" ? "0.0.0.0" : hostname, port };
}

/** Writes an address as ZeroMQ does. */
export function encodeAddress(address: Address): string {
  if (address.transport === "ipc") return `ipc://${address.path}`;
  const { hostname, port } = address;
  return `tcp://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** Accepts connections. Closing it frees the address; a Unix socket's file goes too. */
export interface Listening {
  readonly address: Address;
  accept(): Promise<Deno.Conn>;
  close(): void;
}

/** Starts to listen. The file of a Unix socket that nobody holds any more is replaced, as libzmq does. */
export function listen(address: Address): Listening {
  if (address.transport === "tcp") {
    const listener = Deno.listen({ hostname: address.hostname, port: address.port });
    return {
      address: { ...address, port: listener.addr.port },
      accept: () => listener.accept(),
      close: () => listener.close(),
    };
  }
  removeSocketFile(address.path);
  const listener = Deno.listen({ transport: "unix", path: address.path });
  return {
    address,
    accept: () => listener.accept(),
    close: () => {
      listener.close();
      removeSocketFile(address.path);
    },
  };
}

/** Opens one connection. */
export async function dial(address: Address): Promise<Deno.Conn> {
  if (address.transport === "ipc") return await Deno.connect({ transport: "unix", path: address.path });
  return await Deno.connect({ hostname: address.hostname, port: address.port });
}

function removeSocketFile(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
