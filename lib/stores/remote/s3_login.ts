import { SecretError } from "../../errors.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment, findSecret } from "../read_secret.ts";
import { askIssuer, type Issued, issuedOnce, noCredentials } from "./issuer.ts";
import { xmlText } from "./xml_text.ts";

/** What requests are signed with. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Who asks. */
export interface S3Login {
  /** Where the keys come from, for messages. */
  readonly source: string;
  /** Who asks, as the store knows it: the identity of keys, a role. */
  readonly who: string;
  /** The keys as they are now. */
  get(): Promise<S3Keys>;
}

const CONTAINER_HOST = "http://169.254.170.2"; // where ECS answers for relative addresses
const ROLE_VERSION = "2011-06-15"; // of AWS STS's interface
/** Hosts that may be told a pod's token without TLS: this machine, and those that ECS and EKS answer at. */
const PLAIN_HOSTS = ["127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/**
 * Finds who asks, as Amazon's own tools do: keys (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`); a role by the token
 * that Kubernetes has put into a file (`AWS_ROLE_ARN`, `AWS_WEB_IDENTITY_TOKEN_FILE`); what ECS or EKS gives to a container
 * (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `_FULL_URI`); undefined: anybody.
 */
export function s3Login(uri: string, options: ItemOptions, region: string): S3Login | undefined {
  const ask = options.environment ?? environment;
  const where = options.environment === undefined ? {} : { environment: options.environment };
  const [id, key, token] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map((name) =>
    findSecret(name, where)
  );
  if (id !== undefined && key !== undefined) {
    return {
      source: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      who: id.reveal(),
      get: () =>
        Promise.resolve({
          accessKeyId: id.reveal(),
          secretAccessKey: key.reveal(),
          ...(token === undefined ? {} : { sessionToken: token.reveal() }),
        }),
    };
  }
  const signal = options.signal ?? null;
  const secretIn = (name: string, file: string) => {
    const secret = findSecret(name, { ...where, file });
    if (secret === undefined) throw new SecretError(`Cannot read secret "${name}": there is no file "${file}"`);
    return secret.reveal();
  };
  const [role, file] = [ask("AWS_ROLE_ARN"), ask("AWS_WEB_IDENTITY_TOKEN_FILE")];
  if (role && file) {
    const url = ask("AWS_ENDPOINT_URL_STS") || `https://sts.${region}.amazonaws.com`;
    const body = () =>
      new URLSearchParams({
        Action: "AssumeRoleWithWebIdentity",
        Version: ROLE_VERSION,
        RoleArn: role,
        RoleSessionName: ask("AWS_ROLE_SESSION_NAME") || "levada",
        WebIdentityToken: secretIn("AWS_WEB_IDENTITY_TOKEN", file),
      });
    const read = async () => byRole(uri, await askIssuer({ url, uri, signal, method: "POST", body: body() }));
    return { source: `the role ${role}`, who: role, get: () => issuedOnce(`${url} ${role} ${file}`, read) };
  }
  const [relative, full] = [ask("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), ask("AWS_CONTAINER_CREDENTIALS_FULL_URI")];
  if (!relative && !full) return undefined;
  const url = relative ? new URL(relative, CONTAINER_HOST) : URL.parse(full!);
  if (url === null || (url.protocol !== "https:" && !PLAIN_HOSTS.includes(url.hostname))) {
    throw new TypeError(`Cannot open "${uri}": AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor this machine's`);
  }
  const tokenFile = ask("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const read = async () => {
    const said = tokenFile
      ? secretIn("AWS_CONTAINER_AUTHORIZATION_TOKEN", tokenFile)
      : findSecret("AWS_CONTAINER_AUTHORIZATION_TOKEN", where)?.reveal();
    const headers: HeadersInit = said === undefined ? {} : { authorization: said };
    return byContainer(uri, await askIssuer({ url: url.href, uri, signal, headers }));
  };
  return { source: "the container's role", who: url.href, get: () => issuedOnce(url.href, read) };
}

function byRole(uri: string, xml: string): Issued<S3Keys> {
  const [id, key, token, until] = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"].map((name) =>
    xmlText(xml, name)
  );
  return issued(uri, { id, key, token, until });
}

function byContainer(uri: string, text: string): Issued<S3Keys> {
  let reply;
  try {
    reply = JSON.parse(text) ?? {};
  } catch {
    throw noCredentials(uri);
  }
  return issued(uri, {
    id: reply.AccessKeyId,
    key: reply.SecretAccessKey,
    token: reply.Token,
    until: reply.Expiration,
  });
}

function issued(
  uri: string,
  { id, key, token, until }: Readonly<Record<"id" | "key" | "token" | "until", unknown>>,
): Issued<S3Keys> {
  if (typeof id !== "string" || typeof key !== "string" || typeof token !== "string") throw noCredentials(uri);
  return {
    value: { accessKeyId: id, secretAccessKey: key, sessionToken: token },
    until: Date.parse(String(until)) || 0, // not told: asked for again each time
  };
}
