/** What was asked for on the command line of `levada serve`. */

import { isLogLevel, LOG_LEVELS, type LogLevel } from "../../telemetry/log.ts";
import { UsageError } from "../command.ts";
import { readSeconds, readWhole } from "../options.ts";

/** The options that `levada serve` takes. */
export const SERVE_OPTIONS = {
  host: { type: "string" },
  port: { type: "string" },
  "grpc-port": { type: "string" },
  export: { type: "string" },
  revision: { type: "string" },
  function: { type: "string" },
  workers: { type: "string" },
  grace: { type: "string" },
  "health-port": { type: "string" },
  linger: { type: "string" },
  limit: { type: "string", multiple: true },
  token: { type: "string", multiple: true },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "client-ca": { type: "string" },
  cors: { type: "string", multiple: true },
  "access-log": { type: "boolean" },
  "log-level": { type: "string" },
  "worker-flag": { type: "string", multiple: true },
  "as-worker": { type: "boolean" }, // said by the process that started it, to nobody else
  "wait-to-read": { type: "boolean" }, // the same
} as const;

/** What is to be served, where and how. */
export interface ServeWish {
  readonly module: string;
  readonly export: string | undefined;
  /** The one that its bundle must be; undefined for any. */
  readonly revision: string | undefined;
  /** The child whose part runs, or the function's own name; undefined for what LEVADA_FUNCTION says, else all in this process. */
  readonly function: string | undefined;
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  readonly grpcPort: number | undefined;
  readonly graceMs: number | undefined;
  /** Where health alone is told too. */
  readonly healthPort: number | undefined;
  /** How long it still answers all when it is asked to end. */
  readonly lingerMs: number | undefined;
  readonly limits: Readonly<Record<string, number>>;
  /** Names of secrets. */
  readonly tokens: readonly string[] | undefined;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string | undefined } | undefined;
  readonly cors: readonly string[] | undefined;
  /** Whether each request is a line in the log. */
  readonly logsRequests: boolean;
  readonly logLevel: LogLevel | undefined;
  /** What Deno is told of what each worker may; undefined for what this process may as a whole. */
  readonly workerFlags: readonly string[] | undefined;
  /** How many processes; undefined for this one alone. */
  readonly workers: number | undefined;
  readonly isWorker: boolean;
  /** Whether a worker reads its streams only when it is told. */
  readonly waitsToRead: boolean;
}

type Values = {
  readonly [Name in keyof typeof SERVE_OPTIONS]?: (typeof SERVE_OPTIONS)[Name] extends { multiple: true } ? string[]
    : (typeof SERVE_OPTIONS)[Name] extends { type: "boolean" } ? boolean
    : string;
};

const MOST_WORKERS = 512;

/**
 * Reads the options of `levada serve`.
 *
 * @throws {UsageError} If one is not what it should be.
 */
export function readWish(values: Values, positionals: readonly string[]): ServeWish {
  const [module, ...rest] = positionals;
  if (module === undefined) throw new UsageError("give it a module");
  if (rest.length > 0) throw new UsageError(`it serves one module: got ${positionals.length}`);
  const isWorker = values["as-worker"] === true;
  const workers = readWhole("workers", values.workers, { least: 1, most: MOST_WORKERS });
  if (values["worker-flag"] !== undefined && (workers ?? 1) === 1 && !isWorker) {
    throw new UsageError("--worker-flag is about workers: say how many, --workers 2 or more");
  }
  for (const name of ["health-port", "linger"] as const) {
    if (values[name] !== undefined && (workers ?? 1) > 1) {
      throw new UsageError(`--${name} is about one process: leave --workers out`);
    }
  }
  return {
    module,
    export: values.export,
    revision: values.revision,
    function: values.function,
    hostname: values.host,
    port: readWhole("port", values.port, PORTS),
    grpcPort: readWhole("grpc-port", values["grpc-port"], PORTS),
    graceMs: readSeconds("grace", values.grace),
    healthPort: readWhole("health-port", values["health-port"], PORTS),
    lingerMs: readSeconds("linger", values.linger),
    limits: Object.fromEntries((values.limit ?? []).map(readLimit)),
    tokens: values.token,
    tls: readTls(values),
    cors: values.cors,
    logsRequests: values["access-log"] === true,
    logLevel: readLevel(values["log-level"]),
    workerFlags: values["worker-flag"],
    workers: isWorker || workers === 1 ? undefined : workers,
    isWorker,
    waitsToRead: isWorker && values["wait-to-read"] === true,
  };
}

const PORTS = { least: 0, most: 65_535 };

function readLimit(text: string): [name: string, value: number] {
  const [, name, value] = /^(\w+)=(\S+)$/.exec(text) ?? [];
  const number = Number(value);
  if (name === undefined || !(number > 0)) {
    throw new UsageError(`--limit takes NAME=NUMBER, such as maxConcurrent=64: got "${text}"`);
  }
  return [name, number];
}

function readLevel(text: string | undefined): LogLevel | undefined {
  if (text === undefined || isLogLevel(text)) return text;
  throw new UsageError(`--log-level takes ${LOG_LEVELS.join(", ")}: got "${text}"`);
}

function readTls({ "tls-cert": cert, "tls-key": key, "client-ca": clientCa }: Values): ServeWish["tls"] {
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError("https needs both --tls-cert and --tls-key");
  return { cert, key, clientCa };
}
