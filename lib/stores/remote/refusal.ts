import { StoreError, type StoreReason } from "../../errors.ts";
import type { Errand, StoreAnswer } from "./store_client.ts";
import { xmlText } from "./xml_text.ts";

const LONGEST_BYTES = 65_536; // an error that says more is not read to its end
const CODE = /^[A-Za-z][A-Za-z0-9_.-]{1,80}$/; // a word of the store's, never a text that may hold what was sent
const REGION = /^[a-z0-9-]{1,40}$/;
/** Words for wrong credentials, which some stores say with 400 or 404. */
const STRANGER =
  /^(AccessDenied|AuthenticationFailed|AuthorizationFailure|ExpiredToken|InvalidAccessKeyId|InvalidToken|SignatureDoesNotMatch|TokenRefreshRequired|XAdminUserNotFound)$/;

/** What an answer that is none means. */
export async function refusal({ act, dialect }: Errand, answer: StoreAnswer): Promise<StoreError> {
  const { status } = answer.response;
  const code = await codeOf(answer);
  const said = code === undefined ? `${status}` : `${status} ${code}`;
  const region = answer.response.headers.get("x-amz-bucket-region");
  if (region !== null && REGION.test(region) && [301, 307, 400].includes(status) && code !== "ExpiredToken") {
    const state = `its bucket lies in the region ${region} (${said}). Set AWS_REGION`;
    return new StoreError(`Cannot ${act}: ${state}`, { reason: "refused", status });
  }
  const meant = code !== undefined && STRANGER.test(code) ? 403 : status;
  const [reason, state] = meaning(meant, said, dialect.cure);
  return new StoreError(`Cannot ${act}: ${state}`, { reason, status });
}

function meaning(status: number, said: string, cure: string): [StoreReason, string] {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return ["forbidden", `the store does not let us (${said}). ${cure}`];
    case 404:
    case 410:
      return ["missing", `there is nothing there (${said})`];
    case 409:
    case 412:
      return ["changed", `it has changed meanwhile (${said})`];
    case 408:
    case 425:
    case 429:
      return ["unreachable", `the store is too busy (${said})`];
  }
  if (status >= 500) return ["unreachable", `the store fails (${said})`];
  return ["refused", `the store answers ${said}`];
}

/** The word that the store has for it, in XML, JSON or a header. */
async function codeOf(answer: StoreAnswer): Promise<string | undefined> {
  const header = answer.response.headers.get("x-ms-error-code");
  const text = await answer.text(LONGEST_BYTES).catch(() => "");
  const code = header ?? (text.startsWith("{") ? jsonCode(text) : xmlText(text, "Code"));
  return code !== undefined && CODE.test(code) ? code : undefined;
}

function jsonCode(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text);
    const word = error?.errors?.[0]?.reason ?? error?.status ?? error;
    return typeof word === "string" ? word : undefined;
  } catch {
    return undefined;
  }
}
