const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * The texts between `<name>` and `</name>`, in order, for the flat lists that stores answer with. Elements of the same name within are not
 * looked for, and no entity is known but XML's own five and numbers, so that a hostile answer can grow nothing.
 */
export function* xmlTexts(xml: string, name: string): Generator<string> {
  const opening = new RegExp(`<${name}(?:\\s[^<>]*?)?(/?)>`, "g");
  for (let match = opening.exec(xml); match !== null; match = opening.exec(xml)) {
    if (match[1] === "/") {
      yield "";
      continue;
    }
    const end = xml.indexOf(`</${name}>`, opening.lastIndex);
    if (end === -1) return;
    yield xml.slice(opening.lastIndex, end);
    opening.lastIndex = end;
  }
}

/** The first such text, with its entities read. */
export function xmlText(xml: string, name: string): string | undefined {
  for (const text of xmlTexts(xml, name)) return plain(text);
  return undefined;
}

function plain(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{1,4}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
