import { guardSockets, type SocketMaker } from "./guard_sockets.ts";
import type { Authenticators } from "./nats_login.ts";

/** Headers as npm's `@nats-io/transport-node` has them. */
export interface NatsHeaders {
  readonly code: number;
  readonly description: string;
  [Symbol.iterator](): Iterator<[name: string, values: string[]]>;
  get(name: string): string;
  set(name: string, value: string): void;
}

/** A message, of which this is used. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: NatsHeaders;
}

interface Subscription {
  unsubscribe(): void;
}

/** What a server says of itself. */
export interface ServerInfo {
  readonly version: string;
  readonly max_payload: number;
}

/** A connection, of which this is used. */
export interface NatsConnection {
  readonly info?: ServerInfo | undefined; // none while the connection is lost
  publish(subject: string, data?: Uint8Array | string, options?: { headers?: NatsHeaders; reply?: string }): void;
  request(
    subject: string,
    data: Uint8Array | string,
    options: { timeout: number; headers?: NatsHeaders },
  ): Promise<NatsMessage>;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): Subscription;
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error & { readonly subject?: string } }>;
  close(): Promise<void>;
}

/** What of npm's `@nats-io/transport-node` is used. */
export interface NatsPackage extends Authenticators {
  connect(options: object): Promise<NatsConnection>;
  createInbox(): string;
  headers(): NatsHeaders;
}

/** Fetches the client when it is first used: only who has such streams needs it. */
export async function loadNats(): Promise<NatsPackage> {
  const name = "@nats-io/transport-node";
  const part = "@nats-io/transport-node/lib/node_transport.js";
  const { NodeTransport } = await import(part) as { NodeTransport: { prototype: SocketMaker } };
  guardSockets(NodeTransport.prototype);
  return await import(name) as NatsPackage;
}
