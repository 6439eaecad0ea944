import type { Exchange } from "../streams/exchange.ts";
import type { Stream, SubscribeOptions } from "../streams/stream.ts";
import type { Feeder } from "./feeder.ts";

/** A stream that feeds a flow. */
export interface Source extends SubscribeOptions {
  /** Closed with the worker. */
  readonly stream: Stream;
  /** The queue that the stream stands for: its records enter the steps behind it. Default: the steps that every event enters. */
  readonly queue?: string | undefined;
  /** The trigger that it stands for, by its name, where it stands for no queue. */
  readonly name?: string | undefined;
  /** What its events say has brought them. Default: the path of the stream. */
  readonly trigger?: string | undefined;
  /** What publishes into it meanwhile. Default: nobody here. */
  readonly feeder?: Feeder | undefined;
  /** Where its records are exchanged for what becomes of them; the stream is its input. Default: they are acknowledged when all is done. */
  readonly exchange?: Exchange | undefined;
}
