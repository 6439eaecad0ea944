import { delimiter, join } from "node:path";
import { describeThrown, SecretError } from "../errors.ts";
import { Secret } from "./secret.ts";

/** Where secrets are looked for. */
export interface SecretOptions {
  /** A file that holds this one secret; nothing else is looked at then. */
  file?: string;
  /** Folders in which each file is a secret, as Kubernetes mounts them. Default: `LEVADA_SECRETS_DIR` (several with `:` between), else `/var/run/secrets/levada`. */
  folders?: readonly string[];
  /** The environment. Default: that of this process, as far as it may be read. */
  environment?: (name: string) => string | undefined;
  /** So long a file is not looked at again, in milliseconds. Default: 1000. */
  refreshMs?: number;
}

const MOUNT = "/var/run/secrets/levada";
const MLRUN_PREFIX = "MLRUN_K8S_SECRET__"; // MLRun hands a project's secrets to its functions under such names
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/; // what Kubernetes takes as a key, but for names that begin with a dot
const LONGEST_BYTES = 1_048_576; // Kubernetes takes no larger ones
const REFRESH_MS = 1000;

/**
 * Finds a secret by its name: in the environment (`NAME`, else as MLRun hands it over, `MLRUN_K8S_SECRET__NAME`), in the file that
 * `NAME_FILE` names, or in a mounted folder. One line end at the end of a file is not part of it. Files are read anew when they change.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { readSecret } from "levada";
 *
 * const key = readSecret("API_KEY", { environment: (name) => ({ API_KEY: "abc" })[name] });
 * strictEqual(key.reveal(), "abc");
 * strictEqual(String(key), "***");
 * ```
 *
 * @throws {SecretError} If there is none, naming the places that were looked at; or if its file cannot be read.
 * @throws {TypeError} If no secret can have the name.
 */
export function readSecret(name: string, options: SecretOptions = {}): Secret {
  const found = findSecret(name, options);
  if (found !== undefined) return found;
  const { file, folders = foldersOf(options) } = options;
  const places = file === undefined
    ? `${name} and ${name}_FILE are not set, and there is no file ${name} in ${
      folders.map(toldFolder).join(", ") || "no folder"
    }`
    : `there is no file "${file}"`;
  throw new SecretError(`Cannot read secret "${name}": ${places}`);
}

/**
 * As `readSecret`, but undefined where there is none.
 *
 * @throws {SecretError} If its file is named and cannot be read, or is empty.
 */
export function findSecret(name: string, options: SecretOptions = {}): Secret | undefined {
  if (!NAME.test(name)) {
    throw new TypeError(
      `Cannot read secret ${JSON.stringify(name)}: a name has letters, digits, ".", "_" and "-", and no dot in front`,
    );
  }
  if (options.file !== undefined) return inFile(name, options.file, options);
  const ask = options.environment ?? environment;
  for (const variable of [name, `${MLRUN_PREFIX}${name}`]) {
    const value = ask(variable);
    if (value !== undefined && value !== "") return new Secret(name, value);
  }
  const file = ask(`${name}_FILE`);
  if (file !== undefined && file !== "") {
    const secret = inFile(name, file, options);
    if (secret !== undefined) return secret;
    throw new SecretError(`Cannot read secret "${name}": there is no file "${file}", which ${name}_FILE names`);
  }
  for (const folder of options.folders ?? foldersOf(options)) {
    const secret = inFile(name, join(folder, name), options);
    if (secret !== undefined) return secret;
  }
  return undefined;
}

/** A variable of the environment; undefined also where it may not be read. */
export function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function foldersOf(options: SecretOptions): readonly string[] {
  const said = (options.environment ?? environment)("LEVADA_SECRETS_DIR");
  return said === undefined || said === "" ? [MOUNT] : said.split(delimiter).filter((folder) => folder !== "");
}

/** A folder, and where that is so, that nobody can see what is in it. */
function toldFolder(folder: string): string {
  const { state } = Deno.permissions.querySync({ name: "read", path: folder });
  return state === "granted" ? folder : `${folder} (which Deno may not read: --allow-read=${folder})`;
}

/** A secret whose text is a file's; undefined where there is no such file. */
function inFile(name: string, file: string, { refreshMs = REFRESH_MS }: SecretOptions): Secret | undefined {
  let text = readFile(name, file);
  if (text === undefined) return undefined;
  let readAt = performance.now();
  return new Secret(name, () => {
    if (performance.now() - readAt >= refreshMs) {
      text = readFile(name, file);
      if (text === undefined) throw new SecretError(`Cannot read secret "${name}": its file "${file}" is gone`);
      readAt = performance.now();
    }
    return text!;
  });
}

function readFile(name: string, file: string): string | undefined {
  let text;
  try {
    const { isFile, size } = Deno.statSync(file);
    if (!isFile) throw new SecretError(`Cannot read secret "${name}": "${file}" is no file`);
    if (size > LONGEST_BYTES) {
      throw new SecretError(`Cannot read secret "${name}": "${file}" has ${size} bytes, more than ${LONGEST_BYTES}`);
    }
    text = Deno.readTextFileSync(file).replace(/\r?\n$/, "");
  } catch (error) {
    if (error instanceof SecretError) throw error;
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    if (error instanceof Deno.errors.NotCapable && file.startsWith(MOUNT)) return undefined; // nobody has asked for it
    throw new SecretError(`Cannot read secret "${name}": ${describeThrown(error).message}`);
  }
  if (text === "") throw new SecretError(`Cannot read secret "${name}": "${file}" is empty`);
  return text;
}
