import { deepStrictEqual } from "node:assert/strict";
import {
  faultsOfSettings,
  flagsOf,
  type ProcessSettings,
} from "../../../../../lib/deploy/settings/process_settings.ts";
import { readOptions } from "../../../../../lib/cli/options.ts";
import { readWish, SERVE_OPTIONS } from "../../../../../lib/cli/serving/serve_wish.ts";

const ALL: ProcessSettings = {
  workers: 3,
  host: "0.0.0.0",
  grpcPort: 9_000,
  tokens: ["ONE", "TWO"],
  tls: { cert: "/c.pem", key: "/k.pem", clientCa: "/ca.pem" },
  limits: { maxConcurrent: 4, bodyLimitBytes: 100 },
  cors: ["https://a.example", "*"],
  graceMs: 2_500,
  accessLog: true,
  logLevel: "warn",
  workerFlags: ["--allow-net"],
};

Deno.test("flagsOf() says settings as levada serve reads them", () => {
  deepStrictEqual(faultsOfSettings(ALL), []);
  const { values, positionals } = readOptions(["bundle", ...flagsOf(ALL)], SERVE_OPTIONS);
  const wish = readWish(values, positionals);
  const { hostname, grpcPort, tokens, tls, limits, cors, graceMs, logsRequests, logLevel } = wish;
  const { workers: _workers, workerFlags: _flags, host, accessLog, ...rest } = ALL; // these two are for who starts them
  deepStrictEqual({ hostname, grpcPort, tokens, tls, limits, cors, graceMs, logsRequests, logLevel }, {
    hostname: host,
    logsRequests: accessLog,
    ...rest,
  });
  deepStrictEqual(flagsOf({}), []);
});

Deno.test("faultsOfSettings() tells everything that is wrong, and what there is", () => {
  const wrong = {
    workers: 0,
    grpcPort: "9",
    tokens: [],
    tls: { cert: "c" },
    limits: { maxQueued: 0 },
    cors: "*",
    graceMs: -1,
    accessLog: "yes",
    logLevel: "loud",
    replicas: 2,
  };
  deepStrictEqual(faultsOfSettings(wrong as unknown as ProcessSettings), [
    "serve.workers is 0, and must be a whole number from 1 to 512",
    'serve.grpcPort is "9", and must be a whole number from 1 to 65535',
    "serve.tokens is [], and must be a list of names of secrets",
    'serve.tls is {"cert":"c"}, and must be { cert, key } and perhaps clientCa, names of files',
    'serve.limits is {"maxQueued":0}, and must be limits by their names, each above 0',
    'serve.cors is "*", and must be a list of texts',
    "serve.graceMs is -1, and must be milliseconds above 0",
    'serve.accessLog is "yes", and must be true or false',
    'serve.logLevel is "loud", and must be debug, info, warn, error, silent',
    "there is no serve.replicas; there are workers, host, grpcPort, tokens, tls, limits, cors, graceMs, accessLog, logLevel, workerFlags",
  ]);
  deepStrictEqual(faultsOfSettings([] as unknown as ProcessSettings), ["serve is no object"]);
});
