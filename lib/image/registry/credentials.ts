/** Logins of registries, as `docker login` and `podman login` keep them. */
import { join } from "node:path";
import { describeThrown } from "../../errors.ts";
import { ImageError } from "../image_error.ts";

/** A login. */
export type Credentials =
  | { readonly user: string; readonly password: string }
  /** A token to get others by, in the place of a password. */
  | { readonly refreshToken: string };

interface DockerConfig {
  readonly auths?: Readonly<Record<string, DockerAuth>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

interface DockerAuth {
  /** `user:password` as base64. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

const HUB_KEY = "https://index.docker.io/v1/";
const HELPER_MS = 60_000; // some ask a person
const TOKEN_USER = "<token>"; // docker-credential-helpers: what stands for a user where the secret is a token

/** Where else, and how, logins are looked for. */
export interface LoginOptions {
  /** What of the registry is asked for: a login may be for `registry/team` alone. Default: nothing of it. */
  readonly repository?: string;
  /** How long a program that keeps logins may take, in milliseconds. Default 60,000. */
  readonly helperMs?: number;
  /** Where the system keeps what goes when it ends. Default `/run`. */
  readonly runFolder?: string;
}

/**
 * Looks for the login of a registry: in `REGISTRY_AUTH_FILE`, in `config.json` of `DOCKER_CONFIG` or `~/.docker`, in podman's files, which are
 * `containers/auth.json` in `XDG_RUNTIME_DIR`, in `/run/containers/UID`, where it has none as in most CI, and in `~/.config`. Programs that
 * keep logins (`credHelpers`, `credsStore`) are asked.
 *
 * @throws {ImageError} If a file is no JSON, or a program fails.
 * @see Source: containers-auth.json(5).
 */
export async function findCredentials(
  registry: string,
  env: (name: string) => string | undefined,
  { repository = "", helperMs = HELPER_MS, runFolder = "/run" }: LoginOptions = {},
): Promise<Credentials | undefined> {
  for (const file of filesOf(env, runFolder)) {
    const config = await readConfig(file);
    const found = config === undefined ? undefined : await look(config, { registry, repository, helperMs });
    if (found !== undefined) return found;
  }
  return undefined;
}

function filesOf(env: (name: string) => string | undefined, runFolder: string): string[] {
  const [home, docker, runtime] = [env("HOME"), env("DOCKER_CONFIG"), env("XDG_RUNTIME_DIR")];
  const own = env("XDG_CONFIG_HOME") || home && join(home, ".config");
  const user = Deno.uid(); // null where there are none, as on Windows
  return [
    env("REGISTRY_AUTH_FILE"),
    docker ? join(docker, "config.json") : home && join(home, ".docker", "config.json"),
    runtime && join(runtime, "containers", "auth.json"),
    user === null ? undefined : join(runFolder, "containers", String(user), "auth.json"),
    own && join(own, "containers", "auth.json"),
  ].filter((file): file is string => file !== undefined && file !== "");
}

/** Whether it lies in a folder of the machine's that is not for this user. */
function isOthers(error: unknown, file: string): boolean {
  return error instanceof Deno.errors.PermissionDenied && file.startsWith("/run/containers/");
}

async function readConfig(file: string): Promise<DockerConfig | undefined> {
  const text = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound || isOthers(error, file)) return undefined;
    throw new ImageError(`Cannot read the logins in ${file}: ${describeThrown(error).message}`, { cause: error });
  });
  if (text === undefined || text.trim() === "") return undefined;
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === "object" && config !== null) return config;
  } catch { // told below, without the text: it has passwords
  }
  throw new ImageError(`Cannot read the logins in ${file}: it is no JSON object. Log in again, or mend it`);
}

async function look(
  { auths = {}, credHelpers = {}, credsStore }: DockerConfig,
  { registry, repository, helperMs }: { registry: string; repository: string; helperMs: number },
): Promise<Credentials | undefined> {
  const keys = registry === "docker.io"
    ? [HUB_KEY, "docker.io", "index.docker.io"]
    : [registry, `https://${registry}`, `http://${registry}`];
  const names = repository === "" ? [] : repository.split("/");
  const closer = names.map((_, index) => [registry, ...names.slice(0, names.length - index)].join("/"));
  for (const key of keys) {
    const helper = Object.hasOwn(credHelpers, key) ? credHelpers[key] : undefined;
    if (helper !== undefined) return await askHelper(helper, key, helperMs);
  }
  for (const key of [...closer, ...keys]) {
    const auth = Object.hasOwn(auths, key) ? auths[key] : undefined;
    const found = auth === undefined ? undefined : ofAuth(auth, registry);
    if (found !== undefined) return found;
  }
  return credsStore === undefined || credsStore === "" ? undefined : await askHelper(credsStore, keys[0]!, helperMs);
}

function ofAuth({ auth, username, password, identitytoken }: DockerAuth, registry: string): Credentials | undefined {
  if (identitytoken) return { refreshToken: identitytoken };
  if (username !== undefined && password !== undefined) return { user: username, password };
  if (!auth) return undefined;
  const text = decodeBase64(auth);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon < 0) {
    throw new ImageError(`Cannot read the login of ${registry}: its auth is not user:password as base64. Log in again`);
  }
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeBase64(text: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** Asks a program that keeps logins; undefined where it has none. */
async function askHelper(name: string, key: string, timeoutMs: number): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  try {
    const late = AbortSignal.timeout(timeoutMs);
    const options = { stdin: "piped", stdout: "piped", stderr: "null", signal: late } as const;
    const child = new Deno.Command(program, { args: ["get"], ...options }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(key)).catch(() => {});
    await writer.close().catch(() => {});
    const { success, stdout } = await child.output();
    if (late.aborted) throw new Error(`it does not answer within ${timeoutMs / 1_000} s`);
    const text = new TextDecoder().decode(stdout);
    if (!success && /not found/.test(text)) return undefined;
    if (!success) throw new Error("it ended with an error");
    const { Username: user, Secret: secret } = JSON.parse(text) as { Username: string; Secret: string };
    return user === TOKEN_USER ? { refreshToken: secret } : { user, password: secret };
  } catch (error) {
    const { message } = error instanceof SyntaxError ? { message: "it answers no JSON" } : describeThrown(error);
    throw new ImageError(`Cannot ask ${program} for the login of ${key}: ${message}`, { cause: error });
  }
}
