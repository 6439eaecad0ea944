/** The five sockets of a client. */

import { channelAddress, type Connection } from "../message/connection.ts";
import { connectDealer, type ConnectedSocket, connectRequest, connectSubscriber } from "../socket/connected.ts";
import { SocketError } from "../socket/socket_error.ts";

/** A kernel's five sockets, connected. */
export interface Sockets {
  readonly shell: ConnectedSocket;
  readonly control: ConnectedSocket;
  readonly stdin: ConnectedSocket;
  readonly iopub: ConnectedSocket;
  readonly heartbeat: ConnectedSocket;
}

const TRY_MS = 250; // then it is looked again whether there is anyone to wait for

/** Connects all five as soon as the kernel listens; `signal` ends the wait with its reason. */
export async function reachSockets(connection: Connection, signal: AbortSignal): Promise<Sockets> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await openSockets(connection, TRY_MS);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error; // a SocketError: nobody listens yet
    }
  }
}

/** Connects all five; if one fails, none stays open. */
async function openSockets(connection: Connection, timeoutMs: number): Promise<Sockets> {
  const identity = new TextEncoder().encode(crypto.randomUUID()); // shell and stdin: one, so that questions find us
  const dealer = { identity, timeoutMs, lingerMs: 0 };
  const opening = {
    shell: connectDealer(channelAddress(connection, "shell"), dealer),
    control: connectDealer(channelAddress(connection, "control"), dealer),
    stdin: connectDealer(channelAddress(connection, "stdin"), dealer),
    iopub: connectSubscriber(channelAddress(connection, "iopub"), { timeoutMs, lingerMs: 0 }),
    heartbeat: connectRequest(channelAddress(connection, "hb"), { timeoutMs, lingerMs: 0 }),
  };
  const settled = await Promise.allSettled(Object.values(opening));
  const failed = settled.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    for (const result of settled) if (result.status === "fulfilled") await result.value[Symbol.asyncDispose]();
    throw failed.reason;
  }
  const { shell, control, stdin, iopub, heartbeat } = opening;
  return {
    shell: await shell,
    control: await control,
    stdin: await stdin,
    iopub: await iopub,
    heartbeat: await heartbeat,
  };
}

/** Closes all five. */
export async function closeSockets(sockets: Sockets): Promise<void> {
  const { shell, control, stdin, iopub, heartbeat } = sockets;
  for (const socket of [shell, control, stdin, iopub, heartbeat]) await socket[Symbol.asyncDispose]();
}
