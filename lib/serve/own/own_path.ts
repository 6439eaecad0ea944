import type { Flow } from "../../flow/flow.ts";
import type { StreamTrouble } from "../../flow/stream_trouble.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import type { RequestWatch } from "../../telemetry/request_watch.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { Door } from "../limits/door.ts";
import type { ApiOptions } from "../api/api_options.ts";
import type { ChangeEverywhere } from "./change_models.ts";
import type { Caller } from "../port/caller.ts";
import type { Storing } from "../storing.ts";
import type { FailureTeller } from "../tell_failure.ts";

/** What a server's own paths may know of it. */
export interface ServerView {
  /** The flow that answers everything else. */
  readonly flow: Flow;
  /** The models that the flow's steps serve, in the order of the graph. */
  models(): readonly ServedModel[];
  /** The streams that feed the flow and cannot be read now, and those that take nothing of what it publishes. */
  troubles?(): readonly StreamTrouble[];
  /** What is done to a model is done by this, in every process that shares the port; undefined where there is only this one. */
  readonly changeEverywhere?: ChangeEverywhere | undefined;
  /** `open` until it is asked to close; `closing` while it answers what has come in. */
  readonly state: "open" | "closing" | "closed";
  /** A request comes in by another port; what it returns says that the flow has it, or that it comes no more: the flow is not closed before. */
  arrives?(): () => void;
  /** Which paths the function says it answers; undefined where it says nothing. */
  readonly api?: ApiOptions | undefined;
  /** Whether who asks has to send a token, but for health. Default false. */
  readonly asksTokens?: boolean;
  /** Whether who sends this as `Authorization` may ask. Default: everybody may. */
  knows?(authorization: string | null): boolean;
  /** What measures it; undefined where nothing does. */
  readonly telemetry?: Telemetry | undefined;
  /** What looks at its requests, whatever they come by; undefined where nothing does. */
  readonly watch?: RequestWatch | undefined;
  /** What keeps its limits, for all requests together; undefined where it has none. */
  readonly door?: Door | undefined;
  /** What sends events in whose senders wait until they are stored; undefined where the flow takes them. */
  readonly storing?: Storing | undefined;
  /** What writes down why requests failed; undefined where nobody reads it. */
  readonly failures?: FailureTeller | undefined;
}

/** One path that the server answers itself: the graph does not see it. */
export interface OwnPath {
  /** `GET` is asked for `HEAD` too. */
  readonly method: "GET" | "POST";
  /** As hono takes it: `/v2/models/:model/config`. */
  readonly path: string;
  /**
   * `params` holds the parts of the path that have names, percent-decoded. What it throws is answered as an error, by its status;
   * undefined leaves the request to the graph, its body unread.
   */
  answer(
    request: Request,
    asked: { readonly server: ServerView; readonly caller: Caller; readonly params: Readonly<Record<string, string>> },
  ): Response | undefined | Promise<Response | undefined>;
}
