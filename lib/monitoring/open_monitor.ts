import { DataError, describeThrown } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { Stream } from "../streams/stream.ts";
import { ModelMonitor } from "./model_monitor.ts";
import { RecordFile } from "./record_file.ts";
import type { RecordSink } from "./record_sink.ts";
import { RecordStream } from "./record_stream.ts";
import type { TrackingSettings } from "./tracking_options.ts";

const WORKER = "LEVADA_WORKER"; // set by `levada serve`, counted from 1

/** Where a monitor runs. */
export interface MonitorPlace {
  readonly functionName: string;
  readonly isMock: boolean;
  readonly log: Log;
  readonly clock: Clock;
  readonly openStream: (path: string) => Promise<Stream>;
}

/**
 * Opens what keeps the records: a stream where the path has a scheme, else a file.
 *
 * @throws {StreamError} If there is no such stream.
 * @throws {DataError} If the file cannot be written.
 */
export async function openMonitor(settings: TrackingSettings, place: MonitorPlace): Promise<ModelMonitor> {
  const { path, ...options } = settings;
  const { functionName, isMock, log, clock, openStream } = place;
  const isFile = !/^[a-z][a-z0-9+.-]*:\/\//i.test(path) || /^file:/i.test(path);
  const sink: RecordSink = isFile ? new RecordFile(path, options) : new RecordStream(await openStream(path));
  try {
    await sink.open?.();
  } catch (error) {
    throw new DataError(
      `Cannot track models in "${path}": ${
        describeThrown(error).message
      }. Give Deno --allow-read and --allow-write of its folder, ` +
        `or another path to setTracking`,
      { cause: error },
    );
  }
  return new ModelMonitor(sink, {
    ...options,
    functionName,
    host: hostName(),
    worker: workerNumber(),
    keepsRecent: isMock,
    log,
    clock,
  });
}

/** Which of the processes of `levada serve --workers` this is, from 0; a process by itself is 0. */
function workerNumber(): number {
  const { state } = Deno.permissions.querySync({ name: "env", variable: WORKER });
  return Math.max(0, Number((state === "granted" ? Deno.env.get(WORKER) : undefined) ?? 1) - 1) || 0;
}

/** The machine's name, where the program may know it. */
function hostName(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : "";
}
