import { X509Certificate } from "node:crypto";
import { describeThrown, isA, ListenError } from "../../errors.ts";
import type { TlsOptions } from "./open_port.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Checks what a server shows its clients and asks of them, before anything is loaded: with a key that is another certificate's, or
 * authorities that are none, a port behind client certificates would open, and cut off every client without a word.
 *
 * @param name Who asks for the port, for messages.
 * @throws {ListenError} If a certificate or key is not what it should be.
 */
export function checkTls({ cert, key, clientCa }: TlsOptions, name: string): void {
  const act = `Cannot serve "${name}" over https`;
  try {
    Deno.createHttpClient({ cert, key }).close(); // reads the two, and whether they belong together, as a port does
  } catch (error) {
    const why = describeThrown(error).message;
    if (why.includes("KeyMismatch")) {
      throw new ListenError(`${act}: its key is not its certificate's. Give it the two that were made together`, {
        cause: error,
      });
    }
    if (!isA(error, Deno.errors.InvalidData) && !isA(error, TypeError)) throw error;
    throw new ListenError(`${act}: its certificate or key is not what it should be, PEM text (${why})`, {
      cause: error,
    });
  }
  if (clientCa === undefined) return;
  const blocks = clientCa.match(CERTIFICATE) ?? [];
  if (blocks.some(isCertificate)) return;
  const state = blocks.length === 0 ? "hold no certificate" : `hold ${blocks.length} certificates that nobody can read`;
  throw new ListenError(
    `${act}: the authorities of its clients ${state}. Give it their certificates as PEM text, -----BEGIN CERTIFICATE-----`,
  );
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
