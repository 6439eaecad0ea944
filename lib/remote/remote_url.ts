import { z } from "zod";
import { StatusError } from "../errors.ts";
import { kindOf } from "../kind_of.ts";

const PATH = "$path"; // becomes the event's path
const BEHIND_HOST = /^(https?:\/\/[^/?#]*?)\$path/i;

/** The URL of a remote service as an option of a step: http or https; `$path` may stand behind its host. */
export const URL_OPTION: z.ZodType<string> = z.string().superRefine((text, context) => {
  const url = URL.parse(text.replace(BEHIND_HOST, "$1/$path"));
  if (url === null || !isHttp(url)) {
    context.addIssue({ code: "custom", message: "is no absolute http or https URL" });
  } else if (text.split(PATH).length !== url.pathname.split(PATH).length) {
    context.addIssue({ code: "custom", message: "has $path elsewhere than in the path: https://host/models$path" });
  }
});

/**
 * The URL that a function gave, or text with the event's path in the place of `$path`.
 *
 * @param path The path of the event; undefined where `$path` has no meaning.
 * @throws {TypeError} If it is no absolute http or https URL. The message does not hold it: it may have secrets.
 */
export function remoteUrl(given: unknown, path: string | undefined): URL {
  const url = given instanceof URL ? new URL(given) : typeof given === "string" ? parse(given, path) : null;
  if (url === null) {
    const state = typeof given === "string" ? "text that is no absolute URL" : kindOf(given);
    throw new TypeError(`Cannot ask a remote service: its URL is ${state}. Give an http or https URL`);
  }
  if (!isHttp(url)) {
    throw new TypeError(
      `Cannot ask a remote service: its URL begins with "${url.protocol}". Give an http or https URL`,
    );
  }
  url.hash = "";
  return url;
}

/** The URL with a path behind its own; `$path` becomes the event's path. */
export function withSubpath(url: URL, subpath: string, path: string): URL {
  const longer = new URL(url);
  const behind = fill(subpath, path).replace(/^\/+/, "");
  longer.pathname = `${url.pathname.replace(/\/+$/, "")}/${behind}`;
  return longer;
}

/** The URL as messages tell it: without credentials, and without what a query may hold. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}`;
}

function isHttp(url: URL): boolean {
  return (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "";
}

function parse(text: string, path: string | undefined): URL | null {
  if (path === undefined || !text.includes(PATH)) return URL.parse(text);
  const url = URL.parse(text.replace(BEHIND_HOST, "$1/$path"));
  if (url !== null) url.pathname = fill(url.pathname, path); // the setter escapes what would begin a query
  return url;
}

/**
 * Text with the event's path in it.
 *
 * @throws {StatusError} 400 if the path leads upwards, so that it could reach what the URL does not mean.
 */
function fill(text: string, path: string): string {
  if (!text.includes(PATH)) return text;
  const plain = path.replace(/%2e/gi, ".").replace(/%2f|%5c|\\/gi, "/");
  if (plain.split("/").includes("..")) {
    throw new StatusError(400, `Cannot ask a remote service for path ${JSON.stringify(path)}: it leads upwards`);
  }
  const rooted = `/${path.replace(/^\/+/, "")}`;
  return text.replaceAll(`/${PATH}`, () => rooted).replaceAll(PATH, () => rooted);
}
