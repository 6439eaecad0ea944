import { X509Certificate } from "node:crypto";

const LOG_IN = "Log in anew";

/** Why an API server may not know who asks, from what can be read of the credentials; nothing of these is told. */
export function whyUnknown(authorization: string | undefined, cert: string | undefined): string {
  const token = authorization?.startsWith("Bearer ") === true ? endOf(authorization) : undefined;
  if (token !== undefined && token < Date.now()) return `its token has ended at ${iso(token)}. ${LOG_IN}`;
  const end = cert === undefined ? undefined : certificateEnd(cert);
  if (end !== undefined && end < Date.now()) return `its certificate has ended at ${iso(end)}. ${LOG_IN}`;
  if (authorization === undefined && cert === undefined) return "the kubeconfig names no user for this context";
  return `the ${
    authorization === undefined ? "certificate" : "token"
  } is another cluster's, or was taken back. ${LOG_IN}`;
}

/** When a JSON web token ends; undefined for other tokens. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function certificateEnd(pem: string): number | undefined {
  try {
    const end = Date.parse(new X509Certificate(pem).validTo);
    return Number.isNaN(end) ? undefined : end;
  } catch {
    return undefined;
  }
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
