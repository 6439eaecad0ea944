import { z } from "zod";
import type { ClusterPlace } from "./cluster_access.ts";
import { ClusterError, type ErrorCause } from "./cluster_error.ts";

const Text = z.string().optional().catch(undefined);
const Said = z.object({
  kind: z.literal("Status"),
  message: Text,
  reason: Text,
  details: z.object({
    causes: z.array(z.object({ field: Text, message: Text, reason: Text })).optional().catch(undefined),
  }).optional().catch(undefined),
});
type Status = Partial<z.infer<typeof Said>>;
type Cause = NonNullable<NonNullable<Status["details"]>["causes"]>[number];

/** What an API server has answered that is no success. */
export interface Refusal {
  readonly status: number;
  /** Its body. */
  readonly text: string;
  /** Why it may not know who asks, `its token has ended at …`. */
  readonly credential?: string | undefined;
}

const LONGEST_TEXT = 300;
const LONGEST_MESSAGE = 4_000;
const MOST_CAUSES = 100;
const IMMUTABLE = /field is immutable/;
const MADE_FOR_ANOTHER =
  "an object of this name is there already, and was made for something else. Is it another function's? Give this " +
  "one, or its child, another name, or delete the other";
const KEPT_OUT =
  "Does a network policy keep the API server out? Ask it from a pod of its namespace, or let everybody in, " +
  'cluster: { from: "any" }';
const MISSPELT = /(\.[\w.[\]"=:/-]+): field not declared in schema/g;
const MISSPELT_WRITTEN = /unknown field "([^"]+)"/g;

/** What an API server has refused with. */
export function toldBy(act: string, place: ClusterPlace, { status, text, credential }: Refusal): ClusterError {
  const { message, reason = "", details } = statusOf(text);
  const causes = (details?.causes ?? []).slice(0, MOST_CAUSES).map(causeOf);
  const said = message?.slice(0, LONGEST_MESSAGE) ??
    (text.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_TEXT) || "it says no more");
  const parts = { status, reason, causes };
  const unknown = [...said.matchAll(MISSPELT), ...said.matchAll(MISSPELT_WRITTEN)].map(([, field]) => field!);
  if (unknown.length > 0) {
    const told = `its kind has no such field, or not in this cluster: ${unknown.join(", ")}`;
    const causes = unknown.map((field) => ({ field, message: "its kind has no such field" }));
    return new ClusterError(act, told, { status, reason: "UnknownField", causes });
  }
  const fixed = causes.filter(({ message }) => IMMUTABLE.test(message)).map(({ field }) => field);
  if (fixed.length > 0) {
    return new ClusterError(act, `${fixed.join(", ")} cannot be changed: ${MADE_FOR_ANOTHER}`, parts);
  }
  switch (status) {
    case 401:
      return new ClusterError(act, `cluster "${place.name}" does not know who asks: ${credential}`, parts);
    case 403:
      return forbidden(act, said, parts);
    case 409:
      return new ClusterError(act, conflict(said, causes), parts);
    default: {
      const told = `${said} (${status}${reason === "" ? "" : ` ${reason}`})`;
      const isKeptOut = /error trying to reach service/.test(said);
      return new ClusterError(
        act,
        isKeptOut ? `the API server does not get through to it: ${told}. ${KEPT_OUT}` : told,
        parts,
      );
    }
  }
}

function causeOf({ field = "", message = "", reason }: Cause): ErrorCause {
  const manager = reason === "FieldManagerConflict" ? /conflict with "([^"]*)"/.exec(message)?.[1] : undefined;
  return { field, message, ...manager === undefined ? {} : { manager } };
}

/** The server says Forbidden for what is over a quota, and for what a policy is against, too. */
function forbidden(act: string, said: string, parts: { status: number; reason: string; causes: ErrorCause[] }) {
  const [, quota] = /exceeded quota: (.*)/s.exec(said) ?? [];
  if (quota !== undefined) {
    return new ClusterError(act, `a quota of the namespace is used up: ${quota}`, { ...parts, reason: "Quota" });
  }
  return new ClusterError(act, /User "[^"]*" cannot /.test(said) ? `who asks may not: ${said}` : said, parts);
}

function conflict(said: string, causes: readonly ErrorCause[]): string {
  const others = causes.filter(({ manager }) => manager !== undefined);
  if (others.length === 0) return said;
  const lines = others.map(({ field, manager }) => `\n  ${field}, by "${manager}"`);
  return `others have written ${
    others.length === 1 ? "a field" : `${others.length} fields`
  } of it, which only force takes over:${lines.join("")}`;
}

/** As it is said, if it is: what is of another form is left out. */
function statusOf(text: string): Status {
  try {
    return Said.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
