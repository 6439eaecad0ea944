const TOKEN = /<!--[\s\S]*?-->|<\/?([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*"[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i;
const FORBIDDEN = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/u;

/** Throws where text is not well-formed XML, as a browser's strict parser would: tags, attributes, entities, characters. */
export function assertXml(xml: string): void {
  const open: string[] = [];
  let roots = 0;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < xml.length;) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(xml);
    const near = JSON.stringify(xml.slice(at, at + 60));
    if (token === null) throw new Error(`No XML at ${at}: ${near}`);
    const [whole, name, attributes = "", selfClosing, text] = token;
    if (ENTITY.test(attributes) || ENTITY.test(text ?? "")) throw new Error(`A bare & at ${at}: ${near}`);
    if (FORBIDDEN.test(whole)) throw new Error(`A character that XML forbids at ${at}: ${near}`);
    const names = [...attributes.matchAll(/([\w:.-]+)\s*=/g)].map(([, attribute]) => attribute);
    if (new Set(names).size < names.length) throw new Error(`An attribute twice at ${at}: ${near}`);
    if (name === undefined) continue;
    if (whole.startsWith("</")) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing at ${at}`);
      continue;
    }
    if (open.length === 0) roots++;
    if (selfClosing === "") open.push(name);
  }
  if (open.length > 0 || roots !== 1) throw new Error(`XML with ${roots} roots, left open: ${open.join(" ")}`);
}
