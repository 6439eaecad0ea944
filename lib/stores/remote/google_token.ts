import { createSign } from "node:crypto";
import { SecretError } from "../../errors.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment, findSecret } from "../read_secret.ts";
import type { Secret } from "../secret.ts";
import { askIssuer, type Issued, issuedOnce, noCredentials } from "./issuer.ts";

/** Gives bearer tokens for Google's stores. */
export interface GoogleToken {
  /** Where it comes from, for messages. */
  readonly source: string;
  get(uri: string): Promise<string>;
}

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
const TOKEN_URI = "https://oauth2.googleapis.com/token";
const METADATA_PATH = "/computeMetadata/v1/instance/service-accounts/default/token";
const LIFE_S = 3600; // what Google gives at most

/**
 * Finds who asks: a token (`GOOGLE_ACCESS_TOKEN`), the file of a service account's or a user's key
 * (`GOOGLE_APPLICATION_CREDENTIALS`, or the JSON itself as the secret `GCP_CREDENTIALS`, as MLRun names it), or the machine that this runs
 * on where `GCE_METADATA_HOST` names who tells; undefined: anybody.
 */
export function googleToken(options: ItemOptions): GoogleToken | undefined {
  const ask = options.environment ?? environment;
  const where = options.environment === undefined ? {} : { environment: options.environment };
  const token = findSecret("GOOGLE_ACCESS_TOKEN", where);
  if (token !== undefined) return { source: "GOOGLE_ACCESS_TOKEN", get: () => Promise.resolve(token.reveal()) };
  const file = ask("GOOGLE_APPLICATION_CREDENTIALS");
  const key = file
    ? findSecret("GOOGLE_APPLICATION_CREDENTIALS", { ...where, file })
    : findSecret("GCP_CREDENTIALS", where);
  if (file && key === undefined) {
    throw new SecretError(`Cannot read secret "GOOGLE_APPLICATION_CREDENTIALS": there is no file "${file}"`);
  }
  if (key !== undefined) return { source: key.name, get: (uri) => fromKey(key, uri, options) };
  const host = ask("GCE_METADATA_HOST");
  if (!host) return undefined;
  return { source: "the machine's service account", get: (uri) => fromMachine(host, uri, options) };
}

function fromKey(key: Secret, uri: string, { signal = null }: { signal?: AbortSignal | null }): Promise<string> {
  const text = key.reveal();
  return issuedOnce(text, async () => {
    const fields = parsed(text, uri, key.name);
    const body: Record<string, string> = fields.type === "authorized_user"
      ? { grant_type: "refresh_token", ...userFields(fields, uri, key.name) }
      : {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: assertion(fields, uri, key.name),
      };
    const question = { url: fields.token_uri ?? TOKEN_URI, uri, signal, method: "POST" };
    return issued(uri, await askIssuer({ ...question, body: new URLSearchParams(body) }));
  });
}

function fromMachine(host: string, uri: string, { signal = null }: { signal?: AbortSignal | null }): Promise<string> {
  const url = `http://${host}${METADATA_PATH}?scopes=${encodeURIComponent(SCOPE)}`;
  const question = { url, uri, signal, headers: { "metadata-flavor": "Google" } };
  return issuedOnce(url, async () => issued(uri, await askIssuer(question)));
}

function issued(uri: string, text: string): Issued<string> {
  let reply;
  try {
    reply = JSON.parse(text) ?? {};
  } catch {
    throw noCredentials(uri);
  }
  if (typeof reply.access_token !== "string") throw noCredentials(uri);
  return { value: reply.access_token, until: Date.now() + Number(reply.expires_in ?? LIFE_S) * 1000 };
}

function parsed(text: string, uri: string, name: string): Record<string, string> {
  try {
    const fields = JSON.parse(text);
    if (typeof fields === "object" && fields !== null) return fields;
  } catch {
    // said below: the text is secret
  }
  throw new SecretError(`Cannot get credentials for "${uri}": ${name} is no JSON object`);
}

/** What a person's own credentials say to get a token. */
function userFields(fields: Record<string, string>, uri: string, name: string): Record<string, string> {
  const names = ["refresh_token", "client_id", "client_secret"];
  const missing = names.filter((field) => typeof fields[field] !== "string");
  if (missing.length > 0) {
    throw new SecretError(`Cannot get credentials for "${uri}": ${name} has no ${missing.join(" and no ")}`);
  }
  return Object.fromEntries(names.map((field) => [field, fields[field]!]));
}

/** What a service account says to get a token (RFC 7523). */
function assertion(fields: Record<string, string>, uri: string, name: string): string {
  const { client_email: email, private_key: key, private_key_id: id, token_uri: audience = TOKEN_URI } = fields;
  if (typeof email !== "string" || typeof key !== "string") {
    throw new SecretError(`Cannot get credentials for "${uri}": ${name} has no client_email and private_key`);
  }
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: email, scope: SCOPE, aud: audience, iat: now, exp: now + LIFE_S };
  const text = [{ alg: "RS256", typ: "JWT", ...(id === undefined ? {} : { kid: id }) }, claims]
    .map((part) =>
      new TextEncoder().encode(JSON.stringify(part)).toBase64({ alphabet: "base64url", omitPadding: true })
    ).join(".");
  try {
    return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
  } catch {
    throw new SecretError(`Cannot get credentials for "${uri}": the private_key in ${name} is none`);
  }
}
