import { readFileSync } from "node:fs";
import { StreamError } from "../../errors.ts";
import { type BrokerPath, environmentOf } from "../leased/broker_path.ts";

/** What npm's `@nats-io/transport-node` signs with. */
export interface Authenticators {
  nkeyAuthenticator(seed: Uint8Array): unknown;
  credsAuthenticator(credentials: Uint8Array): unknown;
}

const KINDS = ["TOKEN", "NKEY", "CREDS"] as const;
const SEED = /^SU[A-Z2-7]{56}$/;
const CREDENTIALS = /BEGIN NATS USER JWT/;

/**
 * How the client tells NATS who it is: user and password of the path or the environment; else a token (LEVADA_STREAM_NAME_TOKEN), the
 * seed of an nkey (…_NKEY), or credentials as `nsc` writes them (…_CREDS); of the last two the text, or the name of a file that has it.
 *
 * @throws {StreamError} If several are given, or one is not what it should be; without what it is.
 */
export function natsLogin(
  { name, stream, user, password }: Pick<BrokerPath, "name" | "stream" | "user" | "password">,
  { nkeyAuthenticator, credsAuthenticator }: Authenticators,
  ask = environmentOf,
): object {
  if (user !== undefined || password !== undefined) {
    return { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { pass: password }) };
  }
  const given = KINDS.flatMap((kind) => {
    const value = ask(stream, kind);
    return value === undefined ? [] : [{ kind, value }];
  });
  if (given.length > 1) {
    const kinds = given.map(({ kind }) => kind).join(" and ");
    throw new StreamError(`Cannot open ${name}: the environment has LEVADA_STREAM_<NAME>_${kinds}. Give one of them`);
  }
  const [{ kind, value } = { kind: undefined, value: "" }] = given;
  if (kind === undefined) return {};
  if (kind === "TOKEN") return { token: value };
  const text = SEED.test(value.trim()) || CREDENTIALS.test(value) ? value : readSecretFile(name, kind, value);
  if (kind === "NKEY" ? !SEED.test(text.trim()) : !CREDENTIALS.test(text)) {
    const wanted = kind === "NKEY" ? "the seed of a user's nkey (SU…)" : "credentials of a user, as nsc writes them";
    throw new StreamError(`Cannot open ${name}: LEVADA_STREAM_<NAME>_${kind} has to be ${wanted}, or a file of it`);
  }
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  return kind === "NKEY"
    ? { authenticator: nkeyAuthenticator(bytesOf(text.trim())) }
    : { authenticator: credsAuthenticator(bytesOf(`${text}\n`)) }; // the client wants a line end, which an environment may have lost
}

function readSecretFile(name: string, kind: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    // the system's message names the file, which may be a secret that was mistyped
    const why = (cause as { code?: string }).code ?? "it cannot be read";
    throw new StreamError(`Cannot open ${name}: the file of LEVADA_STREAM_<NAME>_${kind} cannot be read: ${why}`);
  }
}
