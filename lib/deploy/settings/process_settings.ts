/** How the processes of a function serve, as its document has it: what `levada serve` takes. */
export interface ProcessSettings {
  /** How many processes it has on its port, 1 to 512. Default 1. */
  readonly workers?: number;
  /** Where they listen: `0.0.0.0` is every network. Default `127.0.0.1`, this machine alone. */
  readonly host?: string;
  /** Where gRPC of the open inference protocol is answered too, 1 to 65535. Default: no gRPC. */
  readonly grpcPort?: number;
  /** Names of secrets: only who sends one of them as `Authorization: Bearer …` may ask. Default: everybody may. */
  readonly tokens?: readonly string[];
  /** Files with certificate and key (PEM) for https, and the authorities of clients; relative ones where the deploy runs. Default: http. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** How much each process takes before it refuses, see `ServerLimits`. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Origins whose pages a browser lets ask; `*` for all. Default: none. */
  readonly cors?: readonly string[];
  /** How long what has been accepted may take when it ends, in milliseconds. Default 30,000. */
  readonly graceMs?: number;
  /** Whether each request is a line in the log. Default false. */
  readonly accessLog?: boolean;
  /** What is written at least: `debug`, `info`, `warn`, `error`, `silent`. Default `info`. */
  readonly logLevel?: string;
  /** What Deno is told of what each process may, `--allow-net=…`. Default: everything. */
  readonly workerFlags?: readonly string[];
}

const LEVELS = ["debug", "info", "warn", "error", "silent"];
const LONGEST_GRACE_MS = 2_000_000_000;

type Check = readonly [is: (value: unknown) => boolean, wish: string];

const TEXTS: Check = [(value) => isList(value) && value.every(isText), "a list of texts"];
const CHECKS: Readonly<Record<keyof ProcessSettings, Check>> = {
  workers: [(value) => isWhole(value, 1, 512), "a whole number from 1 to 512"],
  host: [isText, "a name or an address"],
  grpcPort: [(value) => isWhole(value, 1, 65_535), "a whole number from 1 to 65535"],
  tokens: [(value) => isList(value) && value.length > 0 && value.every(isText), "a list of names of secrets"],
  tls: [isTls, "{ cert, key } and perhaps clientCa, names of files"],
  limits: [
    (value) => isRecord(value) && Object.values(value).every((limit) => typeof limit === "number" && limit > 0),
    "limits by their names, each above 0",
  ],
  cors: TEXTS,
  graceMs: [(value) => typeof value === "number" && value > 0 && value <= LONGEST_GRACE_MS, "milliseconds above 0"],
  accessLog: [(value) => typeof value === "boolean", "true or false"],
  logLevel: [(value) => LEVELS.includes(value as string), LEVELS.join(", ")],
  workerFlags: TEXTS,
};

/** What is wrong with the settings of a function; nothing where they are sound. */
export function faultsOfSettings(settings: ProcessSettings): string[] {
  if (!isRecord(settings)) return ["serve is no object"];
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(CHECKS, name)) {
      return [`there is no serve.${name}; there are ${Object.keys(CHECKS).join(", ")}`];
    }
    const [is, wish] = CHECKS[name as keyof ProcessSettings];
    return is(value) ? [] : [`serve.${name} is ${JSON.stringify(value)}, and must be ${wish}`];
  });
}

/** The words of `levada serve` for settings; how many workers there are, and what they may, is said elsewhere. */
export function flagsOf(settings: ProcessSettings): string[] {
  const { host, grpcPort, tokens = [], tls, limits = {}, cors = [], graceMs, accessLog, logLevel } = settings;
  const said = (flag: string, value: string | number | undefined) => value === undefined ? [] : [flag, String(value)];
  return [
    ...said("--host", host),
    ...said("--grpc-port", grpcPort),
    ...tokens.flatMap((name) => ["--token", name]),
    ...said("--tls-cert", tls?.cert),
    ...said("--tls-key", tls?.key),
    ...said("--client-ca", tls?.clientCa),
    ...Object.entries(limits).flatMap(([name, limit]) => ["--limit", `${name}=${limit}`]),
    ...cors.flatMap((origin) => ["--cors", origin]),
    ...said("--grace", graceMs === undefined ? undefined : graceMs / 1_000),
    ...accessLog === true ? ["--access-log"] : [],
    ...said("--log-level", logLevel),
  ];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isTls(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { cert, key, clientCa, ...rest } = value;
  return isText(cert) && isText(key) && (clientCa === undefined || isText(clientCa)) && Object.keys(rest).length === 0;
}
