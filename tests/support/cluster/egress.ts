// The API server's way to pods and Services, which lie at addresses of this machine in tests: a proxy that it is given by
// --egress-selector-config-file. It maps 10.x.a.b to 127.x.a.b, so that `services/NAME:PORT/proxy`, aggregated APIs and
// webhooks work as in a cluster.

const HEAD_BYTES = 8_192;

/** Where a pod or a Service is reached on this machine. */
export function local(address: string): string {
  return address.replace(/^10\./, "127.");
}

/** Listens where `kube` has told the API server that it will. */
export function listenEgress(folder: string): void {
  const path = `${folder}/egress.sock`;
  try {
    Deno.removeSync(path); // of one that was killed
  } catch { /* it is the first */ }
  const listener = Deno.listen({ transport: "unix", path });
  (async () => {
    for await (const connection of listener) {
      pass(connection).catch(() => {
        try {
          connection.close();
        } catch { /* closed */ }
      });
    }
  })();
}

async function pass(connection: Deno.UnixConn): Promise<void> {
  const [, host, port] = /^CONNECT ([^ ]+):(\d+) HTTP/.exec(await headOf(connection)) ?? [];
  if (host === undefined) return connection.close();
  let peer: Deno.Conn;
  try {
    peer = await Deno.connect({ hostname: local(host.replace(/^\[|\]$/g, "")), port: Number(port) });
  } catch (error) {
    await write(connection, `HTTP/1.1 502 ${String(error).replaceAll(/[^ -~]/g, " ")}\r\n\r\n`);
    return connection.close();
  }
  await write(connection, "HTTP/1.1 200 OK\r\n\r\n");
  await Promise.allSettled([
    connection.readable.pipeTo(peer.writable),
    peer.readable.pipeTo(connection.writable),
  ]);
}

/** Who asks says nothing more before it is answered. */
async function headOf(connection: Deno.Conn): Promise<string> {
  let head = "";
  const part = new Uint8Array(HEAD_BYTES);
  while (!head.endsWith("\r\n\r\n")) {
    const size = await connection.read(part);
    if (size === null || head.length > HEAD_BYTES) throw new Error("no request");
    head += new TextDecoder("latin1").decode(part.subarray(0, size));
  }
  return head;
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}
