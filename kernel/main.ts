/** `deno run -A kernel/main.ts CONNECTION_FILE`: a Jupyter kernel for TypeScript. */

import process from "node:process";
import { type Channel, channelAddress, type Connection, decodeConnection } from "./message/connection.ts";
import { Session } from "./session/session.ts";
import type { RequestChannel } from "./session/request.ts";
import { bindEcho } from "./socket/echo.ts";
import { bindPublisher } from "./socket/publisher.ts";
import { bindRouter } from "./socket/router.ts";
import type { Socket } from "./socket/socket.ts";

const PARENT_POLL_MS = 500;
const USAGE = `Usage: deno run -A kernel/main.ts CONNECTION_FILE
Jupyter starts it with a connection file; \`deno task levada kernel install\` tells Jupyter how.`;

/** Runs a kernel until a frontend ends it, a signal comes, or whoever started it is gone. */
export async function runKernel(connection: Connection): Promise<void> {
  const address = (channel: Channel) => channelAddress(connection, channel);
  const onDrop = (error: Error) => log("debug", error.message);
  const terminated = signalled();
  await using shell = bindRouter(address("shell"), { onDrop });
  await using control = bindRouter(address("control"), { onDrop });
  await using stdin = bindRouter(address("stdin"), { onDrop });
  await using iopub = bindPublisher(address("iopub"), { onDrop, onSubscribe: (topic) => session.welcome(topic) });
  await using _heartbeat = bindEcho(address("hb"), { onDrop });
  const sockets = { shell, control, stdin, iopub };
  await using session = new Session({
    key: connection.key,
    scheme: connection.signature_scheme,
    version: await ownVersion(),
    send: (channel, frames) => sockets[channel].send(frames),
    openEngine: async (events) => (await import("./engine/worker_engine.ts")).openEngine(events),
    log,
  });
  void listen("shell", shell, session);
  void listen("control", control, session);
  void listen("stdin", stdin, session);
  Deno.addSignalListener("SIGINT", () => session.interrupt()); // `jupyter console` sends it
  await Promise.race([session.ended, terminated, orphaned()]);
}

async function listen(channel: RequestChannel | "stdin", socket: Socket, session: Session): Promise<void> {
  for await (const frames of socket) session.receive(channel, frames);
}

/** Settles on SIGTERM and SIGHUP. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    if (Deno.build.os === "windows") return;
    Deno.addSignalListener("SIGTERM", () => resolve());
    Deno.addSignalListener("SIGHUP", () => resolve());
  });
}

/** Settles when the process that started the kernel is gone; never where nobody says which it is. */
function orphaned(): Promise<void> {
  const [named, parent] = [Number(Deno.env.get("JPY_PARENT_PID")), Deno.ppid];
  return new Promise((resolve) => {
    if (!(named > 1)) return; // a container's first process does not count
    setInterval(() => (Deno.ppid === parent && isAlive(named)) || resolve(), PARENT_POLL_MS);
  });
}

function isAlive(pid: number): boolean {
  if (Deno.build.os === "windows") return true; // there, Jupyter names a handle and no process
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

async function ownVersion(): Promise<string> {
  const project = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url))) as { version: string };
  return project.version;
}

function log(level: "debug" | "error", text: string): void {
  if (level === "error" || Deno.env.has("LEVADA_KERNEL_DEBUG")) console.error(text);
}

/** Reads the connection file, or says why it is of no use and ends. */
async function readConnection(args: readonly string[]): Promise<Connection> {
  const [path] = args;
  if (path === undefined || args.length > 1) {
    console.error(`Cannot start the kernel with ${args.length} arguments: it takes one connection file\n${USAGE}`);
    Deno.exit(2);
  }
  try {
    return decodeConnection(await Deno.readTextFile(path));
  } catch (error) {
    console.error(`Cannot start the kernel with ${path}: ${error instanceof Error ? error.message : error}`);
    Deno.exit(2);
  }
}

if (import.meta.main) {
  const connection = await readConnection(Deno.args);
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault(); // one fault does not end the kernel and all variables with it
    log("error", event.reason instanceof Error ? event.reason.stack ?? event.reason.message : String(event.reason));
  });
  try {
    await runKernel(connection);
  } catch (error) {
    console.error(`Cannot run the kernel: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
  Deno.exit(0);
}
