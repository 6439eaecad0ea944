import { Secret } from "../stores/secret.ts";
import { kindOf } from "../kind_of.ts";

/** What frames a message is HTTP's own: saying it twice lets one request pass as two. */
const FRAMING = ["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i; // RFC 9110, 5.6.2

/**
 * Headers as a user gives them, checked.
 *
 * @throws {TypeError} If one cannot be sent, naming it, but not its value.
 */
export function remoteHeaders(given: unknown): Headers {
  const headers = new Headers();
  for (const [name, told] of entriesOf(given)) {
    const value = told instanceof Secret ? told.reveal() : told;
    const fault = headerFault(name, value);
    if (fault !== undefined) throw new TypeError(`Cannot send header ${JSON.stringify(name)}: ${fault}`);
    headers.append(String(name), String(value));
  }
  return headers;
}

/** What is wrong with a header; undefined where nothing is. */
export function headerFault(name: unknown, value: unknown): string | undefined {
  if (typeof name !== "string" || !TOKEN.test(name)) return "its name is no name of a header";
  if (FRAMING.includes(name.toLowerCase())) return "HTTP sets it itself";
  if (value instanceof Secret) return undefined; // what it is now is looked at when it is sent
  if (typeof value !== "string" && typeof value !== "number") {
    return `its value is ${kindOf(value)}, not text`;
  }
  // a header is bytes: what one byte cannot hold has no agreed form
  if (/[\r\n\0]/.test(String(value))) return "its value has a line break";
  return /[^\0-\xff]/.test(String(value)) ? "its value has letters that a header cannot hold" : undefined;
}

/** Text as a header can hold it whatever it is: all but visible letters is escaped as in a URL. */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

function entriesOf(given: unknown): Iterable<readonly [unknown, unknown]> {
  if (given instanceof Headers) return given;
  if (Array.isArray(given)) {
    return given.map((entry): [unknown, unknown] => Array.isArray(entry) ? [entry[0], entry[1]] : [entry, undefined]);
  }
  if (typeof given === "object" && given !== null) return Object.entries(given);
  throw new TypeError(`Cannot send headers: they are ${kindOf(given)}, not { name: value }`);
}
