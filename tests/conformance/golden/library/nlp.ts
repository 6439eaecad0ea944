/** Example 3: articles in, entities out. */

import { print } from "./printed.ts";

interface Paragraph {
  url: string;
  paragraph_id: number;
  paragraph: string;
}

interface Entity {
  text: string;
  start_char: number;
  end_char: number;
  label: string;
}

interface Tokens {
  url: string;
  paragraph_id: number;
  tokens: Entity[];
}

const ENTITY = /(?<MONEY>\$\d+(?:\.\d+)?)|(?<DATE>\b\d{4}\b)|(?<PERSON>\b[A-Z][a-z]+(?: [A-Z][a-z]+)+\b)/g;
const GOLDEN = new URL("../", import.meta.url);

/** Reads an article; the path is relative to the folder of the golden cases. */
export function loadUrl({ url }: { url: string }) {
  return { url, doc: JSON.parse(Deno.readTextFileSync(new URL(url, GOLDEN))) as string[] };
}

/** One record a paragraph. */
export function toParagraphs({ url, doc }: { url: string; doc: string[] }): Paragraph[] {
  return doc.map((paragraph, index) => ({ url, paragraph_id: index, paragraph }));
}

/** Finds the entities of a paragraph. */
export class ApplyNLP {
  do(given: Paragraph | string): Tokens[] {
    const { url, paragraph_id, paragraph }: Paragraph = typeof given === "string" ? JSON.parse(given) : given;
    const tokens = [...paragraph.matchAll(ENTITY)].map((match): Entity => ({
      text: match[0],
      start_char: match.index,
      end_char: match.index + match[0].length,
      label: Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] ?? "",
    }));
    return [{ url, paragraph_id, tokens }];
  }
}

/** One record an entity. */
export function extractEntities(records: Tokens[]) {
  return records.flatMap(({ url, paragraph_id, tokens }) => tokens.map((entity) => ({ url, paragraph_id, entity })));
}

/** The same records with the entity's fields side by side. */
export function enrichEntities(records: { url: string; paragraph_id: number; entity: Entity }[]) {
  return records.map(({ url, paragraph_id, entity }) => ({
    url,
    paragraph_id,
    entity_text: entity.text,
    entity_start_char: entity.start_char,
    entity_end_char: entity.end_char,
    entity_label: entity.label,
  }));
}

/** Prints a record and passes it on. */
export function myprint(record: unknown): unknown {
  print(record);
  return record;
}
