/** Secrets in a graph's data: how a document has them, where they are written out, and what code gets in their place. */

import { HIDDEN } from "../redact_text.ts";
import { fillSecrets } from "../stores/fill_secrets.ts";
import { readSecret, type SecretOptions } from "../stores/read_secret.ts";
import { Secret } from "../stores/secret.ts";
import { isMapped, isSecretValue, type NamedSecret, namedSecret } from "./secret_name.ts";
import { filled, hasReference, isLeftOut, refersInUrl, withoutLiterals } from "./secret_text.ts";

/** How a document refers to a `Secret`. */
const NAMED = "$secret";

/** A part of data that should not stand in a document as it is. */
export interface SecretPlace {
  /** Where: `headers.authorization`. */
  readonly path: string;
  /** `literal`: it is written out. `leftOut`: a document has left it out. */
  readonly kind: "literal" | "leftOut";
}

/** By what a secret is known. */
export interface SecretSigns {
  /**
   * Whether keys are names of arguments, so that `apiKey` is a secret. Else they may be columns and words, and only the form of a
   * text tells: a URL with a password, a key that is known by how it begins. Default true.
   */
  readonly byName?: boolean;
}

interface LeafPlace {
  readonly path: string;
  readonly named: NamedSecret;
  readonly byName: boolean;
}

type Leaf = (value: string | number | Secret, at: LeafPlace) => unknown;

/** Data as a document may hold it: a `Secret` by its name, `***` in the place of what is written out. */
export function documentData(data: Readonly<Record<string, unknown>>, signs?: SecretSigns): Record<string, unknown> {
  return mapEach(data, (value, at) => {
    if (value instanceof Secret) return { [NAMED]: value.name };
    if (typeof value === "number") return isSecretValue(value, at.named) ? HIDDEN : value;
    return withoutLiterals(value, at);
  }, signs);
}

/** Data of a document with a `Secret` where it names one, read when it is asked for. */
export function dataOf(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return revived(document) as Record<string, unknown>;
}

/** Where data has secrets that it should not have, in order. */
export function secretPlaces(data: Readonly<Record<string, unknown>>, signs?: SecretSigns): SecretPlace[] {
  const places: SecretPlace[] = [];
  mapEach(data, (value, at) => {
    if (value instanceof Secret) return value;
    const isLiteral = typeof value === "number" ? isSecretValue(value, at.named) : withoutLiterals(value, at) !== value;
    if (typeof value === "string" && isLeftOut(value, at)) places.push({ path: at.path, kind: "leftOut" });
    else if (isLiteral) places.push({ path: at.path, kind: "literal" });
    return value;
  }, signs);
  return places;
}

/**
 * Arguments as a class gets them where it runs: `${NAME}` is the secret of that name in arguments that are called like secrets, in
 * headers, and where a URL has credentials. `modelPath` stays: whoever fetches it fills it in.
 *
 * @throws {SecretError} If there is no such secret.
 */
export function withSecrets(
  args: Readonly<Record<string, unknown>>,
  options: SecretOptions & SecretSigns = {},
): Record<string, unknown> {
  return mapEach(args, (value, { path, named, byName }) => {
    if (typeof value !== "string" || path === "modelPath" || !hasReference(value)) return value;
    if (named !== undefined || (byName && /(^|\.)headers\./i.test(path))) return filledText(value, options);
    return refersInUrl(value) ? fillSecrets(value, options) : value;
  }, options);
}

/**
 * A text with the secrets that it names in their place, as they are.
 *
 * @throws {SecretError} If there is no such secret.
 */
export function filledText(text: string, options: SecretOptions = {}): string {
  return filled(text, (name) => readSecret(name, options).reveal());
}

/** Data as another process can get it: each `Secret` by its name and its text. */
export function sentSecrets(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return mapEach(args, (value) => value instanceof Secret ? { [NAMED]: value.name, text: value.reveal() } : value);
}

/** A copy of data, in which each `Secret` is itself. */
export function copyOfData<Value>(value: Value): Value {
  return mapValue(value, (leaf) => leaf, { path: "", named: undefined, byName: false }) as Value;
}

function mapEach(
  data: Readonly<Record<string, unknown>>,
  leaf: Leaf,
  { byName = true }: SecretSigns = {},
): Record<string, unknown> {
  return mapValue(data, leaf, { path: "", named: undefined, byName }) as Record<string, unknown>;
}

function mapValue(value: unknown, leaf: Leaf, at: LeafPlace): unknown {
  if (typeof value === "string" || typeof value === "number" || value instanceof Secret) return leaf(value, at);
  if (Array.isArray(value)) {
    return value.map((item, index) => mapValue(item, leaf, { ...at, path: `${at.path}[${index}]` }));
  }
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const header = (value as { name?: unknown }).name; // { name: "authorization", value: "…" }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      mapValue(inner, leaf, {
        path: at.path === "" ? name : `${at.path}.${name}`,
        named: at.named ??
          (at.byName ? namedSecret(name === "value" && typeof header === "string" ? header : name) : undefined),
        byName: at.byName && !(isMapped(name) && typeof inner === "object"),
      }),
    ]),
  );
}

function revived(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revived);
  const { [NAMED]: name, text, ...rest } = value as Record<string, unknown>;
  if (typeof name === "string" && Object.keys(rest).length === 0) {
    return new Secret(name, typeof text === "string" ? text : () => readSecret(name).reveal());
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
}
