import { escapeText } from "./escape.ts";

/** As much of a DOM node as its text as XML needs. */
export interface XmlNode {
  readonly nodeType: number;
  readonly localName: string;
  readonly nodeValue: string | null;
  readonly attributes?: Iterable<{ readonly name: string; readonly value: string }>;
  readonly childNodes: Iterable<XmlNode>;
}

const ELEMENT = 1;
const TEXT = 3;

/** Writes an element of an HTML page as XML, which is stricter: `outerHTML` leaves marks in attributes as they are. */
export function toXml({ nodeType, localName, nodeValue, attributes = [], childNodes }: XmlNode): string {
  if (nodeType === TEXT) return escapeText(nodeValue ?? "");
  if (nodeType !== ELEMENT) return "";
  const inside = [...childNodes].map(toXml).join("");
  const opening = [localName, ...[...attributes].map(({ name, value }) => `${name}="${escapeText(value)}"`)].join(" ");
  return inside === "" ? `<${opening}/>` : `<${opening}>${inside}</${localName}>`;
}
