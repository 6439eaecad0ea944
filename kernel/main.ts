/** `deno run -A kernel/main.ts CONNECTION_FILE`: a Jupyter kernel for TypeScript. */

import { openEngine } from "./engine/worker_engine.ts";
import { channelAddress, type Connection, decodeConnection } from "./message/connection.ts";
import type { RequestChannel } from "./session/channels.ts";
import { Session } from "./session/session.ts";
import { bindEcho } from "./socket/echo.ts";
import { bindPublisher } from "./socket/publisher.ts";
import { bindRouter, type RouterSocket } from "./socket/router.ts";

const PARENT_MS = 1_000; // how often the kernel looks whether whoever started it still lives

/** Runs a kernel until a client ends it, a signal comes, or its parent is gone. */
export async function runKernel(connection: Connection): Promise<void> {
  const complain = (why: string) => {
    if (Deno.env.has("LEVADA_KERNEL_DEBUG")) console.error(why);
  };
  const address = (channel: Parameters<typeof channelAddress>[1]) => channelAddress(connection, channel);
  const onDrop = (error: Error) => complain(error.message);
  await using shell = bindRouter(address("shell"), { onDrop });
  await using control = bindRouter(address("control"), { onDrop });
  await using stdin = bindRouter(address("stdin"), { onDrop });
  await using iopub = bindPublisher(address("iopub"), { onDrop, onSubscribe: (topic) => session.welcome(topic) });
  await using _heartbeat = bindEcho(address("hb"), { onDrop });
  await using session = new Session({ connection, sockets: { shell, control, stdin, iopub }, openEngine, complain });
  for (const [channel, socket] of Object.entries({ shell, control, stdin })) {
    void follow(session, channel as RequestChannel, socket);
  }
  await session.start();
  await Promise.race([session.ended, signalled(session), orphaned()]);
}

async function follow(session: Session, channel: RequestChannel, socket: RouterSocket): Promise<void> {
  for await (const frames of socket) session.take(channel, frames);
}

/** Settles on SIGTERM; SIGINT stops the running cell, as consoles expect. */
function signalled(session: Session): Promise<void> {
  Deno.addSignalListener("SIGINT", () => void session.interrupt());
  return new Promise((resolve) => Deno.addSignalListener("SIGTERM", () => resolve()));
}

/** Settles when the process that started the kernel is gone; never where nobody said which it is. */
function orphaned(): Promise<void> {
  const parent = Deno.ppid;
  return new Promise((resolve) => {
    if (!Deno.env.has("JPY_PARENT_PID")) return;
    setInterval(() => Deno.ppid === parent || resolve(), PARENT_MS);
  });
}

if (import.meta.main) {
  const [file, ...rest] = Deno.args;
  if (file === undefined || rest.length > 0) {
    console.error(
      "Cannot start the kernel: give it one connection file, as Jupyter does.\nUsage: deno run -A kernel/main.ts CONNECTION_FILE",
    );
    Deno.exit(2);
  }
  let connection: Connection;
  try {
    connection = decodeConnection(await Deno.readTextFile(file));
  } catch (error) {
    console.error(`Cannot start the kernel with ${file}: ${error instanceof Error ? error.message : error}`);
    Deno.exit(2);
  }
  await runKernel(connection);
  Deno.exit(0); // a cell's own handles do not keep the kernel
}
