import { deepStrictEqual, throws } from "node:assert/strict";
import { channelAddress, createConnection, decodeConnection } from "../../../../kernel/message/connection.ts";

const GOOD = { ip: "127.0.0.1", shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5, key: "k" };

Deno.test("decodeConnection() reads a connection file; transport and scheme have defaults", () => {
  const connection = decodeConnection(JSON.stringify({ ...GOOD, kernel_name: "extra" }));
  deepStrictEqual([connection.transport, connection.signature_scheme], ["tcp", "hmac-sha256"]);
  deepStrictEqual(channelAddress(connection, "control"), "tcp://127.0.0.1:4");
  deepStrictEqual(channelAddress({ ...connection, ip: "::1" }, "hb"), "tcp://[::1]:5");
  deepStrictEqual(channelAddress({ ...connection, transport: "ipc", ip: "/run/k" }, "hb"), "ipc:///run/k-5");
});

Deno.test("decodeConnection() names everything that is wrong", () => {
  throws(() => decodeConnection("{"), { name: "MessageError", message: /as JSON/ });
  throws(() => decodeConnection(JSON.stringify({ ...GOOD, shell_port: 99_999, key: undefined })), /shell_port.*key/s);
  throws(() => decodeConnection(JSON.stringify({ ...GOOD, curve_publickey: "x" })), /CURVE/);
  for (const text of ["[]", "null", "5", '"x"', ""]) throws(() => decodeConnection(text), { name: "MessageError" });
});

Deno.test("createConnection() has five ports that differ, and a key", () => {
  const { shell_port, iopub_port, stdin_port, control_port, hb_port, key } = createConnection();
  deepStrictEqual(new Set([shell_port, iopub_port, stdin_port, control_port, hb_port]).size, 5);
  deepStrictEqual(key.length, 36);
});
