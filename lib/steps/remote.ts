import type { Operator, StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { RemoteClient } from "../remote/remote_client.ts";
import { checkRemote, partRemote, REMOTE_CODE, REMOTE_OPTIONS, type RemoteOptions } from "./remote/remote_options.ts";
import { checkReply } from "./remote/remote_reply.ts";
import { RequestMaker } from "./remote/request_maker.ts";

/** How often and how long a service is asked where nobody says: MLRun's values, and a limit, which MLRun has not. */
export const REMOTE_DEFAULTS = { retries: 6, backoffMs: 1_000, timeoutMs: 60_000 } as const;

const MAX_IN_FLIGHT = 8; // MLRun's

/** What `remote` does with events. */
export const REMOTE: StepDefinition = {
  kind: "remote",
  shape: "component",
  options: REMOTE_OPTIONS,
  code: REMOTE_CODE,
  defaults: () => ({ ...REMOTE_DEFAULTS, maxInFlight: MAX_IN_FLIGHT }),
  triesItself: true,
  connects: true,
  check: checkRemote,
  open: (spec, scope) => open(spec, scope),
};

function open({ options: given, code }: StepSpec, scope: StepScope): Operator {
  const options = REMOTE_OPTIONS.parse(given);
  const maker = new RequestMaker(options, { code, scope });
  const client = new RemoteClient(options, scope);
  return {
    async process(event) {
      const request = await maker.make(event, scope.read(event));
      const answer = await client.ask(request, scope.contextOf(event).signal);
      scope.write(event, await checkReply(answer, code.reply, request));
      return event;
    },
    close: () => client.close(),
  };
}

/**
 * Asks another service over HTTP, and puts its answer in the place of the body, or where `resultPath` says: JSON as a value, text
 * as text, other bytes as bytes, null where there is none.
 *
 * The event's id goes along as `mlrun-event-id`, the same whenever the request is tried again; the trace that it belongs to (W3C
 * `traceparent`, `tracestate`); and its path as `mlrun-event-path`, unless a function makes the URL. Levada and MLRun take that header
 * for the path of the request: to ask for another, name it in `headers`.
 *
 * A service that cannot be reached, answers 5xx, or says when to come back (429 and 503 with `retry-after`) is asked again, as the
 * step's options say: by default up to 6 times, after 1, 2, 4, … seconds with jitter; a try takes 60 seconds at most, and 8 events are
 * worked on at once. What fails then is a `RemoteError`: for whoever asked the graph a 502, a 503 where the service is busy, a 504
 * where it took too long. A caller who leaves ends the request.
 *
 * @example A service that answers with a sum; the reply's type is known
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { remote, serving } from "levada";
 * import { z } from "zod";
 *
 * await using service = Deno.serve({ port: 0, onListen() {} }, async (request) => {
 *   const numbers: number[] = await request.json();
 *   return Response.json({ sum: numbers.reduce((sum, n) => sum + n, 0) });
 * });
 *
 * const fn = serving("sums");
 * fn.setTopology("flow")
 *   .to("numbers", (text: string) => text.split("+").map(Number))
 *   .to("sum", remote({ url: `http://localhost:${service.addr.port}/sum`, method: "POST", reply: z.object({ sum: z.number() }) }))
 *   .to("text", ({ sum }) => `it is ${sum}`)
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", "1+2+3"), "it is 6");
 * ```
 *
 * @example Parts of the request made from the body
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { remote, serving } from "levada";
 *
 * await using service = Deno.serve({ port: 0, onListen() {} }, (request) => new Response(new URL(request.url).pathname));
 * const origin = `http://localhost:${service.addr.port}`;
 *
 * const fn = serving("users");
 * fn.setTopology("flow")
 *   .to("user", remote({
 *     url: ({ user }: { user: string }) => `${origin}/users/${encodeURIComponent(user)}`,
 *     headers: (_, context) => ({ authorization: `Bearer ${context.param("token", "none")}` }),
 *     method: "GET",
 *   }), { resultPath: "found", retries: 2, timeoutMs: 5_000 })
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { user: "ann" }), { user: "ann", found: "/users/ann" });
 * ```
 *
 * @param options What is sent where, and what of the answer is taken; see `RemoteOptions` for units, ranges and defaults.
 */
export function remote<In, Reply = unknown>(options: RemoteOptions<In, Reply>): ReadyStep<In, Reply> {
  const { options: data, code } = partRemote(options);
  return new ReadyStep(REMOTE, data, code);
}
