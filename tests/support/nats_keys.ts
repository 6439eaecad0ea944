/** Keys of NATS, made for a test: those of one user, and a whole chain of operator, account and user as `nsc` makes it. */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

interface KeyPair {
  getPublicKey(): string;
  getSeed(): Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

interface Keys {
  createOperator(): KeyPair;
  createAccount(): KeyPair;
  createUser(): KeyPair;
}

/** A seed to log in with, and what the server is told of it. */
export interface NatsUser {
  readonly seed: string;
  readonly publicKey: string;
}

async function keys(): Promise<Keys> {
  const name = "@nats-io/transport-node"; // in a variable, as the driver has it
  return (await import(name) as { nkeys: Keys }).nkeys;
}

/** A user with a key of its own. */
export async function makeUser(): Promise<NatsUser> {
  return userOf((await keys()).createUser());
}

/** Credentials of a user whose account may use JetStream, and lines for the configuration of a server that knows the account. */
export async function makeCredentials(): Promise<{ credentials: string; settings: string }> {
  const { createOperator, createAccount, createUser } = await keys();
  const [operator, system, account, user] = [createOperator(), createAccount(), createAccount(), createUser()];
  const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const operatorJwt = jwt(operator, operator, "operator", { system_account: system.getPublicKey() });
  const systemJwt = jwt(operator, system, "account", { limits });
  const accountJwt = jwt(operator, account, "account", { limits: { ...limits, ...storage } });
  const userJwt = jwt(account, user, "user", { subs: -1, data: -1, payload: -1 });
  return {
    credentials: [
      `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n`,
      `-----BEGIN USER NKEY SEED-----\n${userOf(user).seed}\n------END USER NKEY SEED------\n`,
    ].join("\n"),
    settings: [
      `operator: ${operatorJwt}`,
      `system_account: ${system.getPublicKey()}`,
      "resolver: MEMORY",
      `resolver_preload: { ${system.getPublicKey()}: ${systemJwt}, ${account.getPublicKey()}: ${accountJwt} }`,
      "",
    ].join("\n"),
  };
}

function userOf(pair: KeyPair): NatsUser {
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

/** A claim that one key makes of another, as NATS' JWT of version 2 has it. */
function jwt(issuer: KeyPair, subject: KeyPair, type: string, claims: object): string {
  const body = { iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name: type, iat: 1_700_000_000 };
  const jti = createHash("sha256").update(JSON.stringify(body)).digest("hex");
  const parts = [{ typ: "JWT", alg: "ed25519-nkey" }, { ...body, jti, nats: { ...claims, type, version: 2 } }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${parts}.${Buffer.from(issuer.sign(new TextEncoder().encode(parts))).toString("base64url")}`;
}
