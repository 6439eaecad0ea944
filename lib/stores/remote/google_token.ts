import { createSign } from "node:crypto";
import { SecretError, StoreError } from "../../errors.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment, findSecret } from "../read_secret.ts";
import type { Secret } from "../secret.ts";

/** Gives bearer tokens for Google's stores. */
export interface GoogleToken {
  /** Where it comes from, for messages. */
  readonly source: string;
  get(uri: string): Promise<string>;
}

interface Issued {
  readonly token: string;
  readonly until: number;
}

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
const TOKEN_URI = "https://oauth2.googleapis.com/token";
const METADATA_PATH = "/computeMetadata/v1/instance/service-accounts/default/token";
const LIFE_S = 3600; // what Google gives at most
const SPARE_MS = 60_000; // a token that ends within a minute is not used any more
const ANSWER_MS = 10_000;
const issued = new Map<string, Promise<Issued>>();

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

function fromKey(key: Secret, uri: string, options: ItemOptions): Promise<string> {
  const text = key.reveal();
  return kept(text, async () => {
    const fields = parsed(text, uri, key.name);
    const body = fields.type === "authorized_user"
      ? {
        grant_type: "refresh_token",
        refresh_token: fields.refresh_token,
        client_id: fields.client_id,
        client_secret: fields.client_secret,
      }
      : { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: assertion(fields, uri, key.name) };
    return await issue(fields.token_uri ?? TOKEN_URI, {
      uri,
      options,
      init: { method: "POST", body: new URLSearchParams(body as Record<string, string>) },
    });
  });
}

function fromMachine(host: string, uri: string, options: ItemOptions): Promise<string> {
  const url = `http://${host}${METADATA_PATH}?scopes=${encodeURIComponent(SCOPE)}`;
  return kept(url, () => issue(url, { uri, options, init: { headers: { "metadata-flavor": "Google" } } }));
}

/** Asks once for all who wait, and again when the token ends. */
async function kept(key: string, ask: () => Promise<Issued>): Promise<string> {
  const before = await issued.get(key)?.catch(() => undefined);
  if (before !== undefined && before.until - SPARE_MS > Date.now()) return before.token;
  const asked = ask();
  issued.set(key, asked);
  try {
    return (await asked).token;
  } catch (error) {
    if (issued.get(key) === asked) issued.delete(key);
    throw error;
  }
}

async function issue(
  url: string,
  { uri, options, init }: { uri: string; options: ItemOptions; init: RequestInit },
): Promise<Issued> {
  const fail = (state: string, status?: number) =>
    new StoreError(`Cannot get a token for "${uri}": ${state}`, {
      reason: status === undefined ? "unreachable" : "forbidden",
      status,
    });
  const late = AbortSignal.timeout(ANSWER_MS);
  const signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late]);
  const answer = await fetch(url, { ...init, signal, redirect: "error" }).catch((error) => {
    options.signal?.throwIfAborted();
    throw fail(
      late.aborted
        ? `who issues them does not answer in ${ANSWER_MS} ms`
        : `who issues them cannot be reached (${error.name})`,
    );
  });
  const reply = await answer.json().catch(() => ({}));
  if (!answer.ok) throw fail(`who issues them answers ${answer.status}`, answer.status);
  if (typeof reply.access_token !== "string") throw fail("the answer of who issues them has none", answer.status);
  return { token: reply.access_token, until: Date.now() + Number(reply.expires_in ?? LIFE_S) * 1000 };
}

function parsed(text: string, uri: string, name: string): Record<string, string> {
  try {
    const fields = JSON.parse(text);
    if (typeof fields === "object" && fields !== null) return fields;
  } catch {
    // said below: the text is secret
  }
  throw new SecretError(`Cannot get a token for "${uri}": ${name} is no JSON object`);
}

/** What a service account says to get a token (RFC 7523). */
function assertion(fields: Record<string, string>, uri: string, name: string): string {
  const { client_email: email, private_key: key, private_key_id: id, token_uri: audience = TOKEN_URI } = fields;
  if (typeof email !== "string" || typeof key !== "string") {
    throw new SecretError(`Cannot get a token for "${uri}": ${name} has no client_email and private_key`);
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
    throw new SecretError(`Cannot get a token for "${uri}": the private_key in ${name} is none`);
  }
}
