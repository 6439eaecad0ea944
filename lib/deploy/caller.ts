import { readSecret } from "../stores/read_secret.ts";
import type { ProcessSettings } from "./process_settings.ts";

/** What a request to a deployed function brings along: its token, and trust in its certificate. */
export interface Caller extends Disposable {
  readonly headers: Readonly<Record<string, string>>;
  readonly client: Deno.HttpClient | undefined;
}

/**
 * Makes ready to ask a function that is served so.
 *
 * @throws {SecretError} If its token is not known here.
 */
export async function openCaller({ tokens: [token] = [], tls }: ProcessSettings = {}): Promise<Caller> {
  const headers: Record<string, string> = token === undefined
    ? {}
    : { authorization: `Bearer ${readSecret(token).reveal()}` };
  const client = tls === undefined
    ? undefined
    : Deno.createHttpClient({ caCerts: [await Deno.readTextFile(tls.cert)] }); // it may be its own authority
  return { headers, client, [Symbol.dispose]: () => client?.close() };
}

/** What `fetch` is given of it besides headers. */
export function clientOf({ client }: Caller): { client?: Deno.HttpClient } {
  return client === undefined ? {} : { client };
}
