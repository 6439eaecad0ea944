import type { CloseOptions } from "../flow/flow.ts";
import type { StreamTrouble } from "../flow/stream_trouble.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Log } from "../graph/context.ts";
import type { AllLimits } from "./limits/server_limits.ts";
import type { ApiOptions } from "./api/api_options.ts";
import type { Guard } from "./guard.ts";
import type { ChangeEverywhere } from "./own/change_models.ts";

/** How requests are read. */
export interface AppOptions {
  /** The content type of a body that comes without one. Default: JSON where it can be read so, else text, else bytes. */
  readonly defaultContentType?: string | undefined;
  /** Which paths the function answers, and what is read of them. Default: all, and nothing. */
  readonly api?: ApiOptions | undefined;
  /** What measures, traces and writes down requests. Default: nothing. */
  readonly telemetry?: Telemetry | undefined;
  /** Gets a line for each reply of status 500 and above. Default: nobody. */
  readonly log?: Log | undefined;
  /** How much is taken at most. Default: everything. */
  readonly limits?: AllLimits | undefined;
  /**
   * The keys of the routes where the flow is a model router and nothing else sees a request: who asks for another is refused before its
   * body is read. Default: it is something else.
   */
  readonly routes?: readonly string[] | undefined;
  /** Loads a model, or takes it away, in every process that shares the port. Default: there is only this one. */
  readonly changeEverywhere?: ChangeEverywhere | undefined;
  /**
   * Senders are told the id of their event when all that became of it is done, and in the streams that it goes into; 504 after so many
   * milliseconds. Default: where no step answers, they are told at once.
   */
  readonly storedInMs?: number | undefined;
  /** What else feeds the flow, and closes it. Default: nothing, and it is closed by itself. */
  readonly worker?:
    | { close(options: CloseOptions): Promise<unknown>; troubles(): readonly StreamTrouble[] }
    | undefined;
  /** Who may ask. Default: everybody. */
  readonly guard?: Guard | undefined;
  /** What the served function is called, for telemetry. Default: no name. */
  readonly name?: string | undefined;
  /** Whether requests come from `Deno.serve`, which may have made a span of each. Default false. */
  readonly hasSpan?: boolean | undefined;
}
