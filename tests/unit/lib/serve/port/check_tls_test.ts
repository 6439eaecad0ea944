import { throws } from "node:assert/strict";
import { checkTls } from "../../../../../lib/serve/port/check_tls.ts";
import { SELF_SIGNED } from "../../../../support/loopback.ts";

const { cert, key } = SELF_SIGNED;
const UNREADABLE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

Deno.test("checkTls() takes a certificate with its key, and authorities among other text", () => {
  checkTls({ cert, key }, "fn");
  checkTls({ cert, key, clientCa: `Our own\n${UNREADABLE}${cert}${key}` }, "fn");
});

Deno.test("checkTls() refuses a key of another certificate, and what is no certificate, no key, or no authority", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const bytes = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const other = `-----BEGIN PRIVATE KEY-----\n${bytes.toBase64()}\n-----END PRIVATE KEY-----\n`;
  const refuses = (tls: Parameters<typeof checkTls>[0], message: RegExp) =>
    throws(() => checkTls(tls, "fn"), { name: "ListenError", message });
  for (const rest of [{}, { clientCa: cert }]) {
    refuses({ cert, key: other, ...rest }, /^Cannot serve "fn" over https: its key is not its certificate's\. Give it/);
    refuses(
      { cert: key, key, ...rest },
      /https: its certificate or key is not what it should be, PEM text \(No certif/,
    );
    refuses({ cert, key: cert, ...rest }, /https: its certificate or key is not what it should be, PEM text \(No keys/);
    refuses({ cert: "", key: "", ...rest }, /https: its certificate or key is not what it should be, PEM text/);
    refuses({ cert: UNREADABLE, key, ...rest }, /https: its certificate or key is not what it should be, PEM text/);
  }
  for (const clientCa of ["", key]) {
    refuses({ cert, key, clientCa }, /https: the authorities of its clients hold no certificate\. Give it their/);
  }
  refuses({ cert, key, clientCa: UNREADABLE }, /of its clients hold 1 certificates that nobody can read\. Give it/);
});
