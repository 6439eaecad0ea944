/** Connection files: where a kernel's five sockets are, and the key that signs their messages. */

import { z } from "zod";
import { MessageError } from "./message_error.ts";

const PORT = z.int().min(0).max(65_535);
const CONNECTION = z.object({
  transport: z.enum(["tcp", "ipc"]).default("tcp"),
  ip: z.string().min(1),
  shell_port: PORT,
  iopub_port: PORT,
  stdin_port: PORT,
  control_port: PORT,
  hb_port: PORT,
  /** Empty: messages are not signed. */
  key: z.string(),
  signature_scheme: z.enum(["hmac-sha256", "hmac-sha384", "hmac-sha512"]).default("hmac-sha256"),
  curve_publickey: z.undefined({ error: "CURVE encryption is not spoken here" }).optional(),
});

/** What a connection file says. */
export type Connection = z.infer<typeof CONNECTION>;

/** The name of a socket in a connection file. */
export type Channel = "shell" | "iopub" | "stdin" | "control" | "hb";

/** Every channel, in the order in which a kernel opens them. */
export const CHANNELS: readonly Channel[] = ["shell", "iopub", "stdin", "control", "hb"];

/**
 * Reads the text of a connection file.
 *
 * @throws {MessageError} If it is not JSON, or a field is missing or wrong; all such fields are named.
 */
export function decodeConnection(text: string): Connection {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MessageError(
      `Cannot read the connection file as JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  const parsed = CONNECTION.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "file"}: ${message}`);
  throw new MessageError(`Cannot use the connection file: ${fields.join("; ")}`);
}

/** The address of a channel: `tcp://127.0.0.1:5555`, `ipc:///run/kernel-1`. */
export function channelAddress(connection: Connection, channel: Channel): string {
  const { transport, ip } = connection;
  const port = connection[`${channel}_port`];
  if (transport === "ipc") return `ipc://${ip}-${port}`;
  return `tcp://${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}

/** A connection on loopback with five ports that are free now and a random key. */
export function createConnection(): Connection {
  const listeners = CHANNELS.map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports as [number, number, number, number, number];
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
    key: crypto.randomUUID(),
    signature_scheme: "hmac-sha256",
  };
}
