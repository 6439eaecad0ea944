/** Requests whose URLs may hold secrets, of which Deno's own spans tell too. */

/** What stands in a span in the place of a query. */
const LEFT_OUT = "***";
/** Where OpenTelemetry's context has the span: the same symbol in each of its copies. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

interface DenosSpan {
  setAttribute(key: string, value: unknown): unknown;
}

interface DenosTelemetry {
  readonly contextManager?: { active(): { getValue(key: symbol): unknown } | undefined };
}

/**
 * `fetch`, without the URL's query, user and password in the span that Deno makes of it (`OTEL_DENO=true`).
 *
 * Deno's exporter has no door for this: it sends each value that a span ever got, and asks no context. So the span itself is told what
 * it may tell, as soon as it is there: Deno reads the options of a request when it has begun the span, and before it describes it.
 */
export function fetchPrivately(
  url: URL | string,
  init: RequestInit & { client?: Deno.HttpClient } = {},
): Promise<Response> {
  const { origin, pathname, search, username, password } = new URL(url);
  if (`${search}${username}${password}` === "") return fetch(url, init);
  const outer = activeSpan();
  const shown = `${origin}${pathname}${search === "" ? "" : `?${LEFT_OUT}`}`;
  const options = Object.defineProperty({ ...init }, "method", {
    enumerable: true,
    get() {
      const span = activeSpan();
      if (span !== undefined && span !== outer) quieten(span, { "url.full": shown, "url.query": LEFT_OUT });
      return init.method ?? "GET";
    },
  });
  return fetch(url, options);
}

function activeSpan(): DenosSpan | undefined {
  const { telemetry } = Deno as unknown as { telemetry?: DenosTelemetry };
  return telemetry?.contextManager?.active()?.getValue(SPAN) as DenosSpan | undefined;
}

/** Lets a span say something else of some attributes. */
function quieten(span: DenosSpan, instead: Readonly<Record<string, string>>): void {
  const { setAttribute } = span;
  span.setAttribute = (key, value) => setAttribute.call(span, key, instead[key] ?? value);
}
