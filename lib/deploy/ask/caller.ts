import { describeThrown, SecretError } from "../../errors.ts";
import { findSecret, readSecret } from "../../stores/read_secret.ts";
import type { ProcessSettings } from "../settings/process_settings.ts";

/** What a request to a deployed function brings along: its token, its certificate, and trust in the function's. */
export interface Caller extends Disposable {
  readonly headers: Readonly<Record<string, string>>;
  readonly client: Deno.HttpClient | undefined;
}

const CERTIFICATE = "LEVADA_CLIENT_CERTIFICATE";
const KEY = "LEVADA_CLIENT_KEY";

/**
 * Makes ready to ask a function that is served so.
 *
 * @throws {SecretError} If its token, or the certificate that it asks for, is not known here.
 */
export async function openCaller({ tokens: [token] = [], tls }: ProcessSettings = {}): Promise<Caller> {
  const headers: Record<string, string> = token === undefined
    ? {}
    : { authorization: `Bearer ${readSecret(token).reveal()}` };
  const client = tls === undefined ? undefined : await openClient(tls);
  return { headers, client, [Symbol.dispose]: () => client?.close() };
}

/** What `fetch` is given of it besides headers. */
export function clientOf({ client }: Caller): { client?: Deno.HttpClient } {
  return client === undefined ? {} : { client };
}

async function openClient({ cert, clientCa }: NonNullable<ProcessSettings["tls"]>): Promise<Deno.HttpClient> {
  const caCerts = [await Deno.readTextFile(cert)]; // it may be its own authority
  if (clientCa === undefined) return Deno.createHttpClient({ caCerts });
  if (findSecret(CERTIFICATE) === undefined && findSecret(KEY) === undefined) {
    throw new SecretError(
      `it asks its clients for a certificate, and none is known here: give ${CERTIFICATE} and ${KEY} as PEM text, or as the files that ` +
        `${CERTIFICATE}_FILE and ${KEY}_FILE name`,
    );
  }
  const own = { cert: readSecret(CERTIFICATE).reveal(), key: readSecret(KEY).reveal() };
  try {
    return Deno.createHttpClient({ caCerts, ...own });
  } catch (error) {
    throw new SecretError(
      `${CERTIFICATE} and ${KEY} are no certificate and its key as PEM text: ${describeThrown(error).message}`,
    );
  }
}
