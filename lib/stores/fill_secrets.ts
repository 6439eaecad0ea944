import { readSecret, type SecretOptions } from "./read_secret.ts";

const PLACE = /\$\{([^{}]*)\}/g;

/**
 * A URL with secrets in the place of their names: `https://${USER}:${PASSWORD}@host/model.onnx?${SAS}`. In front of the host and in the path
 * they are escaped; in a query they stand as they are, since a signature is a piece of a query.
 *
 * @throws {SecretError} If there is no such secret.
 */
export function fillSecrets(uri: string, options: SecretOptions): string {
  const query = uri.indexOf("?");
  return uri.replace(PLACE, (_, name: string, at: number) => {
    const text = readSecret(name, options).reveal();
    return query !== -1 && at > query ? text.replace(/^\?/, "") : encodeURIComponent(text);
  });
}
