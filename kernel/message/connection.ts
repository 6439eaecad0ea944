/** The connection file: where a kernel's five sockets are, and the key that signs (Jupyter kernels, "Connection files"). */

import { randomBytes } from "node:crypto";
import { isRecord, kindOf } from "./json_part.ts";

/** The five sockets of a kernel. */
export type Channel = "shell" | "iopub" | "stdin" | "control" | "heartbeat";

/** How the file names the port of each socket. */
const PORT_FIELDS: Readonly<Record<Channel, string>> = {
  shell: "shell_port",
  iopub: "iopub_port",
  stdin: "stdin_port",
  control: "control_port",
  heartbeat: "hb_port",
};

const CHANNELS = Object.keys(PORT_FIELDS) as Channel[];

const SIGNATURE_SCHEME = "hmac-sha256";

/** A connection file's content. */
export interface Connection {
  readonly transport: "tcp" | "ipc";
  /** The interface's address; with ipc the start of the sockets' paths. */
  readonly ip: string;
  readonly ports: Readonly<Record<Channel, number>>;
  /** Signs every message; empty: messages are not signed. */
  readonly key: string;
}

/** A connection file is not what it must be. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/**
 * Reads a connection file.
 *
 * @param text The file's JSON.
 * @throws {ConnectionError} If a field is missing or wrong, or asks for what this kernel does not do (CURVE, another signature).
 */
export function decodeConnection(text: string): Connection {
  const fields = parseFields(text);
  const transport = fields["transport"] ?? "tcp";
  if (transport !== "tcp" && transport !== "ipc") refuse(`transport must be "tcp" or "ipc"`, transport);
  const ip = fields["ip"];
  if (typeof ip !== "string" || ip === "") refuse("ip must be an address", ip);
  const key = fields["key"] ?? "";
  if (typeof key !== "string") refuse("key must be a string", "a value of another kind");
  const scheme = fields["signature_scheme"] ?? SIGNATURE_SCHEME;
  if (key !== "" && scheme !== SIGNATURE_SCHEME) refuse(`signature_scheme must be "${SIGNATURE_SCHEME}"`, scheme);
  for (const [name, value] of Object.entries(fields)) {
    // Going on without encryption that was asked for would be worse than not starting.
    if (/curve/i.test(name) && value !== null && value !== "") refuse("CURVE encryption is not supported", name);
  }
  return { transport, ip, ports: decodePorts(fields), key };
}

/** Writes a connection as its file's JSON. */
export function encodeConnection(connection: Connection): string {
  const { transport, ip, ports, key } = connection;
  const numbered = Object.fromEntries(CHANNELS.map((channel) => [PORT_FIELDS[channel], ports[channel]]));
  return JSON.stringify({ transport, ip, ...numbered, key, signature_scheme: SIGNATURE_SCHEME }, null, 2);
}

/** The address of one socket, as ZeroMQ writes it. */
export function socketAddress(connection: Connection, channel: Channel): string {
  const { transport, ip, ports } = connection;
  if (transport === "ipc") return `ipc://${ip}-${ports[channel]}`;
  return `tcp://${ip.includes(":") ? `[${ip}]` : ip}:${ports[channel]}`;
}

/**
 * Makes a connection for a kernel that is about to start: five ports that are free now, a key of 32 random bytes.
 *
 * @param options `ip`: the interface, default `127.0.0.1`.
 */
export function createConnection(options: { readonly ip?: string } = {}): Connection {
  const ip = options.ip ?? "127.0.0.1";
  // All five are held at once, so that they differ.
  const listeners = CHANNELS.map(() => Deno.listen({ hostname: ip, port: 0 }));
  const ports = Object.fromEntries(CHANNELS.map((channel, index) => [channel, listeners[index]!.addr.port]));
  for (const listener of listeners) listener.close();
  return { transport: "tcp", ip, ports: ports as Record<Channel, number>, key: randomBytes(32).toString("hex") };
}

function parseFields(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConnectionError("Cannot read a connection file: it is not JSON", { cause: error });
  }
  if (isRecord(value)) return value;
  throw new ConnectionError(`Cannot read a connection file: it must hold an object, it holds ${kindOf(value)}`);
}

function decodePorts(fields: Record<string, unknown>): Record<Channel, number> {
  const seen = new Map<number, string>();
  const ports = CHANNELS.map((channel) => {
    const field = PORT_FIELDS[channel];
    const port = fields[field];
    if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65535) {
      refuse(`${field} must be a whole number from 1 to 65535`, port);
    }
    if (seen.has(port)) refuse(`${field} must be a port of its own`, `the same as ${seen.get(port)}`);
    seen.set(port, field);
    return [channel, port];
  });
  return Object.fromEntries(ports) as Record<Channel, number>;
}

function refuse(wish: string, state: unknown): never {
  const shown = typeof state === "string" ? state : JSON.stringify(state) ?? "missing";
  throw new ConnectionError(`Cannot use this connection file: ${wish}, it is ${shown}`);
}
