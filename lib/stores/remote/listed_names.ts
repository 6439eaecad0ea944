import { xmlText, xmlTexts } from "./xml_text.ts";

/** How a store's list is written. */
export interface ListWords {
  /** What stands before each name; it is cut off. */
  readonly prefix: string;
  readonly file: string;
  readonly name: string;
  readonly directory: string;
  readonly directoryName: string;
  /** Whether the names are percent-encoded. */
  readonly isEncoded?: boolean;
}

/** The names in a list as XML, those of directories with a slash. */
export function listedNames(xml: string, words: ListWords): string[] {
  const names: string[] = [];
  for (const [element, name] of [[words.file, words.name], [words.directory, words.directoryName]] as const) {
    for (const entry of xmlTexts(xml, element)) {
      const text = xmlText(entry, name);
      if (text === undefined) continue;
      const isEncoded = words.isEncoded || new RegExp(`<${name} [^>]*Encoded="true"`).test(entry);
      const key = isEncoded ? decodeURIComponent(text.replaceAll("+", " ")) : text;
      if (key.startsWith(words.prefix)) names.push(key.slice(words.prefix.length));
    }
  }
  return names;
}
