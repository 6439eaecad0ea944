import { describeThrown } from "../../errors.ts";
import { ImageError } from "../image_error.ts";

/** A registry refuses, or is not there. */
export class RegistryError extends ImageError {
  /** The status that it answered with; undefined where it did not answer. */
  readonly status: number | undefined;

  constructor(message: string, { status, ...rest }: ErrorOptions & { status?: number } = {}) {
    super(message, rest);
    this.status = status;
  }
}

const SHOWN_LETTERS = 300;

/** What a registry says of why it refuses: codes and texts of the distribution API. */
export async function readRefusal(response: Response): Promise<string> {
  const text = (await response.text().catch(() => "")).slice(0, 64_000);
  try {
    const { errors } = JSON.parse(text) as { errors: { code?: string; message?: string; detail?: unknown }[] };
    const told = errors.map(({ code, message, detail }) => {
      const more = detail === undefined || detail === null || JSON.stringify(detail) === "{}"
        ? ""
        : ` (${JSON.stringify(detail)})`;
      return `${code ?? "ERROR"}: ${message ?? ""}${more}`;
    });
    if (told.length > 0) return told.join("; ").slice(0, SHOWN_LETTERS);
  } catch { // no JSON, or another
  }
  return text.trim().replace(/\s+/g, " ").slice(0, SHOWN_LETTERS);
}

/** An answer as an error, with what to do. */
export async function refusedBy(act: string, registry: string, response: Response): Promise<RegistryError> {
  const { status } = response;
  const said = await readRefusal(response);
  const cure = /no space left|disk full|quota|"Err":(28|122)\b/i.test(said) || status === 507
    ? ". Its disk is full: make room there"
    : status === 401
    ? `. Log in: docker login ${registry}, or podman login ${registry}`
    : status === 403
    ? ". Who is logged in there may not: ask for the right to this repository"
    : status === 404
    ? ". Look at the name, and whether the repository has to be made first"
    : status === 413
    ? ". What stands before it takes no bodies as large as a layer: raise its limit"
    : status === 429
    ? ". It is asked too often: try later"
    : status >= 500
    ? ". Look into its log: its disk may be full"
    : "";
  const told = said === "" ? "" : `, ${said.replace(/[.\s]+$/, "")}`;
  return new RegistryError(`Cannot ${act}: ${registry} answers ${status}${told}${cure}`, { status });
}

/** No answer as an error. */
export function unreachable(act: string, registry: string, error: unknown): RegistryError {
  const { name } = describeThrown(error);
  const message = innermost(error);
  const state = /refused/i.test(message)
    ? "nobody listens there. Look at the name and the port, or start the registry"
    : /dns|lookup|resolve/i.test(message)
    ? "its name is not known. Look at the name, and whether this machine has a network"
    : /certificate|tls|handshake/i.test(message)
    ? `no trust in its certificate: ${message}. Give the authority's certificate by DENO_CERT, or DENO_TLS_CA_STORE=system`
    : name === "TimeoutError"
    ? "it does not answer in time"
    : message;
  return new RegistryError(`Cannot ${act}: no registry at ${registry}: ${state}`, { cause: error });
}

/** Why a request failed: the cause of its cause, without the URL, which may have what is secret. */
export function innermost(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 10 && inner instanceof Error && inner.cause !== undefined; depth += 1) {
    inner = inner.cause;
  }
  return describeThrown(inner).message.replace(/^error sending request for url \([^)]*\): /, "");
}
