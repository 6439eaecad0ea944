import type { GuardOptions } from "./guard.ts";

/**
 * Checks who may ask, before anything is loaded.
 *
 * @throws {TypeError} If an origin is none, or no request can send a token.
 * @throws {SecretError} If the file of a token is gone.
 */
export function checkCallers({ tokens = [], cors = [] }: GuardOptions): void {
  const wrong = cors.find((origin) => origin !== "*" && originOf(origin) !== origin);
  if (wrong !== undefined) {
    throw new TypeError(
      `Cannot let pages of ${
        JSON.stringify(wrong)
      } ask: an origin is like https://app.example or http://localhost:3000, or *`,
    );
  }
  const unsendable = tokens.find((token) => !/^[\x21-\x7e]+$/.test(token.reveal())); // what a header can hold, without spaces
  if (unsendable !== undefined) {
    throw new TypeError(
      `Cannot take secret "${unsendable.name}" as a token: it has a space, or a letter that no header can have`,
    );
  }
}

function originOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).origin : undefined;
}
