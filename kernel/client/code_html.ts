/** TypeScript → HTML with a light touch of colour; nothing is parsed, so half-written code is fine. */

import { escapeText } from "../../lib/draw/escape.ts";

const KEYWORDS =
  "abstract|as|async|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|" +
  "extends|false|finally|for|from|function|if|implements|import|in|instanceof|interface|let|namespace|new|null|of|override|" +
  "readonly|return|satisfies|static|super|switch|this|throw|true|try|type|typeof|undefined|using|var|void|while|yield";
const TOKEN = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))`,
    String.raw`(?<string>"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?|` + "`(?:[^`\\\\]|\\\\[\\s\\S])*`?)",
    String.raw`(?<![\w$.])(?<keyword>${KEYWORDS})(?![\w$])`,
    String.raw`(?<![\w$])(?<number>\d[\w.]*)`,
  ].join("|"),
  "g",
);

/** Colours comments, strings, keywords and numbers by `<span class="comment">` and so on. */
export function codeToHtml(code: string): string {
  let html = "";
  let from = 0;
  for (const match of code.matchAll(TOKEN)) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    html += `${escapeText(code.slice(from, match.index))}<span class="${kind}">${escapeText(match[0])}</span>`;
    from = match.index + match[0].length;
  }
  return html + escapeText(code.slice(from));
}
