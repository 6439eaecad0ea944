import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Duplex, Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { TLSSocket } from "node:tls";
import { StatusError } from "../../errors.ts";
import { encodeError } from "../reply/encode_reply.ts";
import type { Fetch, Port, PortOptions } from "./open_port.ts";
import { refusedClients } from "./refused_clients.ts";

const HEADERS_MS = 20_000; // a request's headers have to come in this time
const BAD_CODING = "HPE_INVALID_TRANSFER_ENCODING"; // nobody can say where the body ends; Node gives out such a request all the same
const NO_REQUEST = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const HEADERS_TOO_LARGE =
  "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** A request, and the one before on its connection that is not answered yet. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  before: Asked | undefined;
}

/** Opens a port where only clients with a certificate of a known authority may ask. `Deno.serve` cannot ask for one (Deno 2.9.6). */
export async function openMutualPort(
  fetch: Fetch,
  { hostname, port, tls, isShared }: PortOptions & { tls: { cert: string; key: string; clientCa: string } },
): Promise<Port> {
  const { cert, key, clientCa } = tls;
  const lastAsked = new WeakMap<Duplex, Asked>();
  const server = createServer(
    { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true, headersTimeout: HEADERS_MS },
    (request, response) => {
      const { socket } = request;
      const asked: Asked = { request, response, before: lastAsked.get(socket) };
      lastAsked.set(socket, asked);
      response.on("close", () => {
        asked.before = undefined;
        if (lastAsked.get(socket) === asked) lastAsked.delete(socket);
      });
      void answer(request, response, fetch);
    },
  );
  server.requestTimeout = 0; // the door has the time of bodies
  const refused = refusedClients();
  server.on("tlsClientError", (error: NodeJS.ErrnoException, { authorizationError }: TLSSocket) => {
    if (authorizationError) refused(`its certificate is not taken, ${authorizationError}`);
    else if (error.code !== "ECONNRESET") refused(error.message); // who opens a connection and says nothing only looks
  });
  server.on("clientError", ({ code }: NodeJS.ErrnoException, socket: Duplex) => {
    const asked = lastAsked.get(socket);
    const refuse = () => {
      if (socket.writable) socket.end(code === "HPE_HEADER_OVERFLOW" ? HEADERS_TOO_LARGE : NO_REQUEST); // once: more may come
    };
    if (asked === undefined) refuse();
    else if (asked.request.complete) asked.response.on("close", refuse); // what came before is answered first
    else {
      const end = () => {
        if (code !== BAD_CODING) socket.destroy(); // its body breaks off
        else if (!asked.response.headersSent) refuse(); // else its answer is on its way
      };
      if (asked.before === undefined) end();
      else asked.before.response.on("close", end);
    }
  });
  await new Promise<void>((listening, fail) => {
    server.once("error", fail);
    server.listen({ host: hostname, port, ...(isShared ? { reusePort: true } : {}) }, () => {
      server.off("error", fail);
      listening();
    });
  });
  const { address, port: number } = server.address() as AddressInfo;
  return {
    hostname: address,
    port: number,
    shutdown: () => new Promise<void>((closed) => void server.close(() => closed())), // of idle connections at once
  };
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, fetch: Fetch): Promise<void> {
  const left = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) left.abort(new StatusError(499, "The caller left"));
  });
  outgoing.on("error", () => {}); // it is told by "close"
  let response: Response;
  try {
    response = await fetch(requestOf(incoming, left.signal));
  } catch {
    response = encodeError(400, { error: "Cannot read the request", id: "" }); // a method that no Request may have
  }
  if (!incoming.complete) outgoing.shouldKeepAlive = false; // nobody reads the rest
  try {
    await write(response, outgoing, left.signal);
  } catch {
    outgoing.destroy(); // a body that breaks off must not look whole
  }
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url = "/", rawHeaders, httpVersionMajor } = incoming;
  if (httpVersionMajor !== 1) throw new StatusError(400, "Cannot read the request: it is none of HTTP/1"); // Node takes HTTP/0.9
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  if (isUpgrade(headers) && (headers.has("content-length") || headers.has("transfer-encoding"))) {
    throw new StatusError(400, "Cannot read the request: it has a body and asks for another protocol"); // Deno.serve refuses it too
  }
  const host = headers.get("host") ?? "localhost";
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url.startsWith("/") ? `https://${host}${url}` : url, {
    method,
    headers,
    signal,
    ...(hasBody
      ? { body: Readable.toWeb(incoming) as NodeReadableStream<Uint8Array> as ReadableStream<Uint8Array> }
      : {}),
  });
}

/** Whether it asks to go on in another protocol. */
function isUpgrade(headers: Headers): boolean {
  return headers.has("upgrade") && /(^|,)\s*upgrade\s*(,|$)/i.test(headers.get("connection") ?? "");
}

async function write(response: Response, outgoing: ServerResponse, left: AbortSignal): Promise<void> {
  outgoing.writeHead(response.status, [...response.headers].flat());
  const reader = response.body?.getReader();
  if (reader === undefined) return void outgoing.end();
  reader.closed.catch((error) => {
    console.error(error); // as Deno.serve does
    outgoing.destroy();
  }); // also while its reader takes nothing, and nothing is read here
  const leave = () => void reader.cancel(left.reason).catch(() => {});
  left.addEventListener("abort", leave, { once: true });
  if (left.aborted) leave();
  for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
    if (outgoing.write(next.value) || left.aborted) continue;
    await new Promise<void>((drained) => outgoing.once("drain", drained)); // where its reader leaves, nobody waits for this
  }
  outgoing.end();
}
