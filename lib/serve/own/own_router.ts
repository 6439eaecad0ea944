import { Hono } from "hono";
import type { Caller } from "../port/caller.ts";
import type { OwnPath, ServerView } from "./own_path.ts";
import { OWN_PATHS } from "./own_paths.ts";

/** What answers a request. */
export type Answer = () => Promise<Response>;

interface Bindings {
  readonly server: ServerView;
  readonly caller: Caller;
  readonly other: Answer;
}

/** Paths of one method. */
class Beginnings {
  readonly exact: string[] = [];
  readonly starts: string[] = [];

  /** There are few, of different lengths: comparing is faster than making a path's hash, once a request. */
  has(path: string): boolean {
    for (const exact of this.exact) if (path === exact) return true;
    for (const start of this.starts) if (path.startsWith(start)) return true;
    return false;
  }
}

/** Finds the own path that answers a request. Hono is only asked where one may, so that the graph's requests do not pay for it. */
class OwnRouter {
  readonly #hono: Hono<{ Bindings: Bindings }>;
  /** By method: whole paths, and how paths with names in them begin. */
  readonly #known = { GET: new Beginnings(), POST: new Beginnings() };

  constructor(paths: readonly OwnPath[]) {
    const hono = this.#hono = new Hono<{ Bindings: Bindings }>();
    for (const { method, path, answer } of paths) {
      const [start] = path.split(/[:*]/, 1);
      const { exact, starts } = this.#known[method];
      if (start === path) exact.push(path);
      else if (!starts.includes(start!)) starts.push(start!);
      hono.on(
        method,
        path,
        async ({ req, env }) =>
          await answer(req.raw, { server: env.server, caller: env.caller, params: req.param() }) ?? await env.other(),
      );
    }
    hono.notFound(({ env }) => env.other());
    hono.onError((error) => {
      throw error;
    });
  }

  mayAnswer(method: string, path: string): boolean {
    if (method === "POST") return this.#known.POST.has(path);
    return (method === "GET" || method === "HEAD") && this.#known.GET.has(path);
  }

  async answer(request: Request, bindings: Bindings): Promise<Response> {
    // Asked with HEAD, hono takes the body away, which is the socket's to do: a reply is the same here whoever gave it.
    const asked = request.method === "HEAD" ? new Request(request.url, { headers: request.headers }) : request;
    return await this.#hono.fetch(asked, bindings);
  }
}

const ROUTER = new OwnRouter(OWN_PATHS);

/** Whether a request may be for one of the server's own paths. */
export function mayBeOwn(method: string, path: string): boolean {
  return ROUTER.mayAnswer(method, path);
}

/**
 * Answers a request that may be for one of the server's own paths; `other` answers it where it is not.
 *
 * @throws What the path's own answer throws.
 */
export function answerOwn(
  request: Request,
  { server, caller }: { readonly server: ServerView; readonly caller: Caller },
  other: Answer,
): Promise<Response> {
  return ROUTER.answer(request, { server, caller, other });
}
