import { FlowEvent } from "../graph/event.ts";
import { ENVELOPE } from "../streams/record_headers.ts";
import type { NewRecord, StreamRecord } from "../streams/stream.ts";

/** What belongs to one connection or one caller, and must not lie in a stream: RFC 9110, section 7.6.1, and credentials. */
const STAYS_BEHIND = new Set([
  "accept-encoding",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type", // the body may have become anything since
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-levada-authorization",
]);

/** An event as it travels between two functions: its id, key, path, time, headers and body; `trace` by what its trace goes on there. */
export function recordOf(event: FlowEvent, trace: Readonly<Record<string, string>> = {}): NewRecord {
  const { id, key, path, time, body } = event;
  const headers: [string, string][] = [];
  for (const name in trace) headers.push([name, trace[name]!]);
  event.headers.forEach((value, name) => { // half of what iterating over them costs
    if (!STAYS_BEHIND.has(name) && !name.startsWith(ENVELOPE) && trace[name] === undefined) headers.push([name, value]);
  });
  return {
    body,
    id,
    key,
    path,
    time,
    ...(headers.length === 0 ? {} : { headers }), // what holds them is dear, and most have none
  };
}

/**
 * The event that a record is, as it enters a function; it has the record's headers for its own.
 *
 * @param trigger The path of the stream.
 * @param lane Events of one lane keep their order. Default: those of a partition; other streams of the flow have partitions of this name too.
 */
export function eventOf(record: StreamRecord, trigger: string, lane = `${trigger} ${record.partition}`): FlowEvent {
  const { id, key, path, time, headers, partition, body, error } = record;
  const event = new FlowEvent(body, { id, key, path, time, partition, trigger });
  event.takeHeaders(headers);
  event.lane = lane;
  if (error !== undefined) event.error = error;
  return event;
}
