import { z } from "zod";
import type { Fault } from "../../errors.ts";
import type { Context } from "../../graph/context.ts";
import type { FlowEvent } from "../../graph/event.ts";
import { readBy } from "../../flow/read_by.ts";
import type { Code, StepDefinition, StepSpec } from "../../graph/operator.ts";
import type { Schema } from "../../graph/schema.ts";
import type { Maybe } from "../../graph/typing.ts";
import { headerFault } from "../../remote/remote_headers.ts";
import { Secret } from "../../stores/secret.ts";
import { URL_OPTION } from "../../remote/remote_url.ts";

/** Makes a part of a request from the body, or the part of it at `inputPath`; at once or later. */
export type RemoteFunction<In, Part> = (body: In, context: Context, event: FlowEvent) => Maybe<Part>;

/** What is sent where, and what of the answer is taken. */
export interface RemoteOptions<In, Reply = unknown> {
  /**
   * An http or https URL; `$path` behind its host becomes the event's path, `${NAME}` before its host and in its query the secret NAME.
   * Or a function that gives one.
   */
  url: string | RemoteFunction<In, string | URL>;
  /** Added to the URL's path: `v2/models/m/infer`; `$path` is the event's path. Default: nothing. */
  subpath?: string;
  /** Default: the event's own method. */
  method?: string;
  /**
   * Added to what is sent by itself, or in its place; a value may be a `Secret`, or have the name of one: `Bearer ${TOKEN}`. Default: none.
   * The event's own headers are not passed on.
   */
  headers?:
    | Readonly<Record<string, string | Secret>>
    | RemoteFunction<In, HeadersInit | Record<string, string | Secret>>;
  /**
   * What is sent: text, bytes and forms as they are, null not at all, everything else as JSON. Default: the body; nothing with GET,
   * HEAD and DELETE.
   */
  body?: RemoteFunction<In, unknown>;
  /**
   * How what JSON has no word for is sent. By default it is refused: a date would arrive as text, a typed array as a list. `levada`: the other
   * side is a function of Levada, and gets the same dates, maps, sets, typed arrays, bigints, NaN (`application/vnd.levada+json`). `json`: dates
   * as text, typed arrays as lists, bigints as digits. Answers come as they were sent, unless `accept` is among the headers or this is `json`.
   */
  form?: "levada" | "json";
  /** Checks the answer, and gives it its type: a zod schema. Default: every answer is taken. */
  reply?: Schema<Reply>;
  /** Certificates, as PEM text, that are trusted besides those of the system: of one's own authority. Default: none. */
  caCerts?: readonly string[];
  /** How many redirects are followed, 0 or more. Default 10. */
  maxRedirects?: number;
  /** How large an answer may be, unpacked, in bytes, 1 or more. Default 64 MiB. */
  replyLimitBytes?: number;
}

const NO_BODY = ["GET", "HEAD"]; // fetch refuses to send one

/** The form of the options that are data. */
export const REMOTE_OPTIONS = z.strictObject({
  url: URL_OPTION.optional(),
  subpath: z.string().optional(),
  method: z.string().regex(/^[a-z]+$/i, "is no method of HTTP: GET, POST, PUT, PATCH, DELETE").optional(),
  headers: z.record(z.string(), z.union([z.string(), z.instanceof(Secret)])).superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      const fault = headerFault(name, value);
      if (fault !== undefined) context.addIssue({ code: "custom", message: fault, path: [name] });
    }
  }).optional(),
  form: z.enum(["levada", "json"]).optional(),
  caCerts: z.array(z.string().includes("-----BEGIN CERTIFICATE-----", { error: "is no certificate as PEM text" }))
    .optional(),
  maxRedirects: z.int().min(0).optional(),
  replyLimitBytes: z.int().min(1).optional(),
});

/** The options that are functions. */
export const REMOTE_CODE: StepDefinition["code"] = {
  url: "optional",
  headers: "optional",
  body: "optional",
  reply: "optional",
};

/** The faults that lie between options. */
export function checkRemote({ options, code }: StepSpec): readonly Fault[] {
  const faults: Fault[] = [];
  if (options.url === undefined && code.url === undefined) {
    faults.push({
      cause: "it has no url",
      cure: `Say whom to ask: { url: "https://host/path" }, or { url: (body) => … }`,
      severity: "error",
    });
  }
  const method = String(options.method).toUpperCase();
  if (code.body !== undefined && NO_BODY.includes(method)) {
    faults.push({
      cause: `a ${method} request has no body, but option body makes one`,
      cure: `Leave body out, or ask by another method`,
      severity: "error",
    });
  }
  return faults;
}

/** Parts the options that are functions from those that are data. */
export function partRemote<In, Reply>(
  given: RemoteOptions<In, Reply>,
): { options: Record<string, unknown>; code: Record<string, Code> } {
  const { reply, ...rest } = given;
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    options: Object.fromEntries(entries.filter(([, value]) => typeof value !== "function")),
    code: Object.fromEntries([
      ...entries.filter(([, value]) => typeof value === "function"),
      ...(reply === undefined ? [] : [["reply", codeOf(reply)] as const]),
    ]),
  };
}

/** A graph's code is functions; what is no schema stays as it is, so that the compiler tells of it. */
function codeOf(reply: Schema<unknown>): Code {
  return typeof reply?.safeParse === "function" ? (answer: unknown) => readBy(reply, answer) : reply as unknown as Code;
}
