/** Tokens for registries, as distribution's token authentication has them (RFC 7519, signed by ES256), from a server of a test. */
import { Buffer } from "node:buffer";
import { serveAnswers, type ServedAnswers } from "./served_answers.ts";

const READ = (name: string) => Deno.readTextFileSync(new URL(name, import.meta.url));
const CERTIFICATE = READ("./loopback_cert.pem");
const KEY = READ("./loopback_key.pem");
const SERVICE = "levada tests";

/** Such a server, and what a registry has to know of it. */
export interface RegistryTokens extends ServedAnswers {
  /** The registry's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whom it trusts: the text of REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE's file. */
  readonly certificate: string;
}

/** Starts one that gives who has this login what is asked for, and nobody else anything. */
export function serveRegistryTokens(login: string): RegistryTokens {
  const server = serveAnswers(async (request, url) => {
    const isKnown = request.headers.get("authorization") === `Basic ${btoa(login)}`;
    if (!isKnown) return Response.json({ errors: [{ code: "DENIED", message: "who are you" }] }, { status: 401 });
    const access = url.searchParams.getAll("scope").map((scope) => {
      const [type, name, actions = ""] = scope.split(":");
      return { type, name, actions: actions.split(",") };
    });
    return Response.json({ token: await sign(access) });
  });
  return {
    ...server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    certificate: CERTIFICATE,
    environment: {
      REGISTRY_AUTH: "token",
      REGISTRY_AUTH_TOKEN_REALM: `http://${server.host}/token`,
      REGISTRY_AUTH_TOKEN_SERVICE: SERVICE,
      REGISTRY_AUTH_TOKEN_ISSUER: "levada",
    },
  };
}

async function sign(access: object): Promise<string> {
  const der = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const now = Math.floor(Date.now() / 1_000);
  const header = { typ: "JWT", alg: "ES256", x5c: [der(CERTIFICATE).toString("base64")] };
  const claims = {
    iss: "levada",
    sub: "ada",
    aud: SERVICE,
    exp: now + 300,
    nbf: now - 10,
    iat: now,
    jti: crypto.randomUUID(),
    access,
  };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", der(KEY), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(text));
  return `${text}.${Buffer.from(signature).toString("base64url")}`;
}
