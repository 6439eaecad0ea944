import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { openPort } from "../../../../../lib/serve/port/open_port.ts";
import { BrokenOff } from "../../../../../lib/serve/reply/broken_off.ts";
import { SELF_SIGNED } from "../../../../support/loopback.ts";
import { RawConnection } from "../../../../support/raw_http.ts";
import { testPort } from "./_port_contract.ts";

testPort("behind client certificates", {
  tls: { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert },
  lacks: ["a body that nobody reads yet holds its sender back, and comes whole"], // Deno 2.9.6 reads on beneath a TLS socket that pauses
});

Deno.test("openMutualPort() refuses requests of HTTP/1.1 that name no host, and only these", async () => {
  const answer = () => Promise.resolve(new Response());
  const tls = { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert };
  const port = await openPort(answer, { hostname: "127.0.0.1", port: 0, tls, isShared: false });
  const statuses: number[] = [];
  for (const version of ["1.1", "1.0"]) {
    using client = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
    await client.send(`GET / HTTP/${version}\r\n\r\n`);
    statuses.push((await client.reply()).status);
  }
  await port.shutdown();
  deepStrictEqual(statuses, [400, 200]);
});

/** An authority that signed nothing; nobody has its key. */
const ANOTHER_AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUcRc6Y3PlDbbB0gI3kTAF1DFW2rowCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRYW5vdGhlciBhdXRob3JpdHkwIBcNMjYxMTI2MDM1OTI5WhgP
MjEyNjExMDIwMzU5MjlaMBwxGjAYBgNVBAMMEWFub3RoZXIgYXV0aG9yaXR5MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsvysf64v1t3cNkC8rpadVVcJkjEzkg8P
M5NFrTxVCOiPHn5Uvk4ovpTF73Dcxk0Qy9Eq1W43V3zUdgDOkgBVcqNTMFEwHQYD
VR0OBBYEFDLEBGesyxGJAZRGzBUStUWLxQRWMB8GA1UdIwQYMBaAFDLEBGesyxGJ
AZRGzBUStUWLxQRWMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
ANhEDb+4hn9JhIuVLPhs12GUQSWirPmQ0eEGuWEKzVd/AiAhrFW98ZzW341kN975
pNNjsW2PlgRzoATXXbjHm5I/ZQ==
-----END CERTIFICATE-----
`;

Deno.test("openMutualPort() tells why it refused clients, in one line, and nothing of who only looks whether it is there", async () => {
  const log = console.error;
  const told: string[] = [];
  console.error = (line) => void told.push(line);
  const knock = async (client: Deno.ConnectTlsOptions) => {
    using connection = await Deno.connectTls(client);
    await connection.write(new Uint8Array(1)).catch(() => {});
    await connection.read(new Uint8Array(1)).catch(() => {}); // refused with TLS 1.3 when all is said
  };
  try {
    for (
      const [clientCa, own, reason] of [
        [SELF_SIGNED.cert, {}, /^Refused a client: .*no certificate.* X\.509 version 3/],
        [ANOTHER_AUTHORITY, SELF_SIGNED, /^Refused a client: its certificate is not taken, [A-Z_]+\. Clients need/],
      ] as const
    ) {
      const tls = { ...SELF_SIGNED, clientCa };
      const answer = () => Promise.resolve(new Response());
      const port = await openPort(answer, { hostname: "127.0.0.1", port: 0, tls, isShared: false });
      (await Deno.connect({ port: port.port })).close();
      const client = { hostname: "localhost", port: port.port, caCerts: [SELF_SIGNED.cert], ...own };
      for (let times = 0; times < 3; times += 1) await knock(client);
      await port.shutdown();
      strictEqual(told.length, 1);
      match(told.pop()!, reason);
    }
  } finally {
    console.error = log;
  }
});

Deno.test("openMutualPort() tells why a reply breaks off, as Deno.serve does, and nothing where its reader left", async () => {
  const tls = { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert };
  const why = new BrokenOff("the server is closed");
  const left = Promise.withResolvers<void>();
  const port = await openPort((request) => {
    let isBegun = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (isBegun && request.method === "GET") controller.error(why);
        else if (!isBegun) controller.enqueue(new Uint8Array(1));
        isBegun = true;
      },
      cancel: () => left.resolve(),
    });
    return Promise.resolve(new Response(body));
  }, { hostname: "127.0.0.1", port: 0, tls, isShared: false });
  const log = console.error;
  const told: unknown[] = [];
  console.error = (...words) => void told.push(...words);
  try {
    using reader = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
    await reader.send("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
    await reader.more();
    reader[Symbol.dispose]();
    await left.promise;
    using client = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
    await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.rest();
    await port.shutdown();
  } finally {
    console.error = log;
  }
  deepStrictEqual(told, [why]);
});

Deno.test("openMutualPort() hangs up where a reply breaks off whose reader takes nothing", async () => {
  const tls = { ...SELF_SIGNED, clientCa: SELF_SIGNED.cert };
  const waits = Promise.withResolvers<void>();
  const hungUp = Promise.withResolvers<void>();
  let reply!: ReadableStreamDefaultController<Uint8Array>;
  const port = await openPort(
    ({ signal }) => {
      signal.addEventListener("abort", () => hungUp.resolve());
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => void (reply = controller),
        pull(controller) {
          controller.enqueue(new Uint8Array(64 * 2 ** 20)); // more than the sockets of both sides hold
          waits.resolve();
        },
      }, { highWaterMark: 0 });
      return Promise.resolve(new Response(body));
    },
    { hostname: "127.0.0.1", port: 0, tls, isShared: false },
  );
  using client = await RawConnection.open(`https://127.0.0.1:${port.port}`, SELF_SIGNED);
  await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await waits.promise;
  reply.error(new Error("its reader takes nothing"));
  await hungUp.promise;
  await port.shutdown();
});
