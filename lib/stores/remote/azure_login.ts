import type { Secret } from "../secret.ts";

/** Where an account of Azure's blob store answers, and who asks. */
export interface AzureLogin {
  readonly account: string;
  readonly endpoint: URL;
  /** The account's key. */
  readonly key: (() => Uint8Array) | undefined;
  /** A shared access signature, as it stands in a query. */
  readonly sas: (() => string) | undefined;
}

/** What a login is made of. */
export interface LoginSources {
  /** The host that the item's URL names. */
  readonly host: string | undefined;
  readonly endpoint: string | undefined;
  readonly ask: (name: string) => string | undefined;
  readonly secret: (name: string) => Secret | undefined;
}

/**
 * Finds account and credentials: `AZURE_STORAGE_CONNECTION_STRING`, or `AZURE_STORAGE_ACCOUNT` (`AZURE_STORAGE_ACCOUNT_NAME`) with
 * `AZURE_STORAGE_KEY` (`AZURE_STORAGE_ACCOUNT_KEY`) or `AZURE_STORAGE_SAS_TOKEN`; without either, as anybody. A host in the item's URL
 * names the account; a connection string for another one is not used then.
 *
 * @throws {TypeError} If there is no account, or the connection string is none.
 */
export function azureLogin(uri: string, { host, endpoint, ask, secret }: LoginSources): AzureLogin {
  const connection = secret("AZURE_STORAGE_CONNECTION_STRING");
  const said = connectionOf(uri, connection?.reveal() ?? "");
  const named = ask("AZURE_STORAGE_ACCOUNT") || ask("AZURE_STORAGE_ACCOUNT_NAME") || undefined;
  const account = host?.split(".")[0] ?? said.AccountName ?? named;
  if (account === undefined && endpoint === undefined && said.BlobEndpoint === undefined) {
    const cure =
      "Set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT, or write wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/…";
    throw new TypeError(`Cannot open "${uri}": it is not said in which account. ${cure}`);
  }
  const isSaid = host === undefined || account === said.AccountName;
  const suffix = said.EndpointSuffix ?? "core.windows.net";
  const protocol = said.DefaultEndpointsProtocol ?? "https";
  const text = endpoint ?? (isSaid ? said.BlobEndpoint : undefined) ??
    (host === undefined ? `${protocol}://${account}.blob.${suffix}` : `https://${host.replace(".dfs.", ".blob.")}`);
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`Cannot open "${uri}": its account's endpoint is no http or https URL`);
  }
  const key = secret("AZURE_STORAGE_KEY") ?? secret("AZURE_STORAGE_ACCOUNT_KEY");
  const sas = secret("AZURE_STORAGE_SAS_TOKEN");
  const again = (field: string) => connectionOf(uri, connection!.reveal())[field] ?? "";
  return {
    account: account ?? "",
    endpoint: url,
    key: isSaid && said.AccountKey !== undefined
      ? () => keyBytes(uri, again("AccountKey"))
      : key && (() => keyBytes(uri, key.reveal())),
    sas: isSaid && said.SharedAccessSignature !== undefined
      ? () => again("SharedAccessSignature").replace(/^\?/, "")
      : sas && (() => sas.reveal().replace(/^\?/, "")),
  };
}

function connectionOf(uri: string, text: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const part of text.split(";")) {
    if (part.trim() === "") continue;
    const [, name, value] = /^\s*(\w+)=(.*?)\s*$/s.exec(part) ?? [];
    if (name === undefined || value === undefined) {
      throw new TypeError(
        `Cannot open "${uri}": AZURE_STORAGE_CONNECTION_STRING is no list of NAME=VALUE with ";" between`,
      );
    }
    fields[name] = value;
  }
  return fields;
}

function keyBytes(uri: string, text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    throw new TypeError(`Cannot open "${uri}": the account's key is not base64`);
  }
}
