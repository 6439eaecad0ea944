import { strictEqual } from "node:assert/strict";
import { whyUnknown } from "../../../../../lib/deploy/cluster/credential_end.ts";
import { SELF_SIGNED } from "../../../../support/loopback.ts";

function token(exp: unknown): string {
  const part = (value: object) => new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url" });
  return `Bearer ${part({ alg: "none" })}.${part({ exp, sub: "ÿþ?>" })}.c2ln`;
}

Deno.test("whyUnknown() says when a token has ended, as far as it says so itself", () => {
  strictEqual(whyUnknown(token(1_700_000_000), undefined), "its token has ended at 2023-11-14T22:13:20Z. Log in anew");
  const other = "the token is another cluster's, or was taken back. Log in anew";
  for (
    const one of [
      token(32_503_680_000),
      token("x"),
      token(null),
      "Bearer plain",
      "Bearer a.b.c",
      "Bearer ..",
      "Basic a.b",
    ]
  ) {
    strictEqual(whyUnknown(one, undefined), other);
  }
});

Deno.test("whyUnknown() says it of certificates, and where no user is named", () => {
  const other = "the certificate is another cluster's, or was taken back. Log in anew";
  strictEqual(whyUnknown(undefined, SELF_SIGNED.cert), other);
  strictEqual(whyUnknown(undefined, "-----BEGIN nonsense"), other);
  strictEqual(whyUnknown(undefined, ENDED), "its certificate has ended at 2020-01-02T00:00:00Z. Log in anew");
  strictEqual(whyUnknown(undefined, undefined), "the kubeconfig names no user for this context");
});

/** Of one day in 2020; nobody has its key. */
const ENDED = `-----BEGIN CERTIFICATE-----
MIIBBjCBrgIBATAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVlbmRlZDAeFw0yMDAx
MDEwMDAwMDBaFw0yMDAxMDIwMDAwMDBaMBAxDjAMBgNVBAMMBWVuZGVkMFkwEwYH
KoZIzj0CAQYIKoZIzj0DAQcDQgAEW7HDNC2sGWnGSl2v+JhydJKBRGtuX4vEccsh
fvaw73T7bltReE+kxbaw+7PBFPcj3W1L3FSV6r28LDpjfLRazDAKBggqhkjOPQQD
AgNHADBEAiAnOmlNrWEX6USqluyt4jHgZdLgbpmllPH1FW91kDrMxQIgBJc4pnGA
JC6wX5Jrrusl5+cEs7T+JZ6PcklcEAssBWo=
-----END CERTIFICATE-----
`;
