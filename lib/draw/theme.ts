/**
 * Colours that are readable on light and on dark pages. Text and lines are the page's own colour, so they are right on
 * any page; only what is coloured asks for the theme.
 */

const PAGE = "--ink:currentColor;--soft:color-mix(in srgb,currentColor 66%,transparent);" +
  "--line:color-mix(in srgb,currentColor 48%,transparent);--faint:color-mix(in srgb,currentColor 16%,transparent);" +
  "--fill:color-mix(in srgb,currentColor 5%,transparent)";
const LIGHT = "--paper:#fff;--accent:#0b7a57;--error:#c2331f;--route:#2f6fdb1f;--queue:#c98a0a2b;" +
  "--f0:#1f6feb17;--f1:#b8860b1c;--f2:#8250df17;--f3:#0b7a5718;--f4:#c2255c15";
const DARK = "--paper:#1b1f24;--accent:#4cc38a;--error:#ff8a75;--route:#5b93ff30;--queue:#e0a83a38;" +
  "--f0:#4b8dff26;--f1:#e0b34a20;--f2:#b392f024;--f3:#4cc38a1f;--f4:#ff7eb622";

/** The rules that give the elements of a selector their colours: by the notebook's theme, else by the reader's wish. */
export function themed(selector: string): string {
  const on = (page: string) => `${page} ${selector}`;
  return [
    `${selector}{${PAGE};${LIGHT}}`,
    `@media (prefers-color-scheme:dark){${selector}{${DARK}}}`,
    `${on('body[data-jp-theme-light="true"]')},${on("body.vscode-light")}{${LIGHT}}`,
    `${on('body[data-jp-theme-light="false"]')},${on("body.vscode-dark")}{${DARK}}`,
  ].join("\n");
}

/** The rules for a picture that stands alone and brings its paper, since an image does not see the page around it. */
export function onPaper(selector: string): string {
  return [
    themed(selector),
    `${selector}{color:#1b2733;background:var(--paper)}`,
    `@media (prefers-color-scheme:dark){${selector}{color:#e4eaf1}}`,
  ].join("\n");
}

/** The rules for what may be wider than its page: it scrolls, and a bar says so at all times, which many systems do not show else. */
export function scrolling(selector: string): string {
  return [
    `${selector}{overflow-x:auto}`,
    `${selector}::-webkit-scrollbar{height:10px}`,
    `${selector}::-webkit-scrollbar-thumb{border-radius:5px;background:var(--line)}`,
  ].join("\n");
}

/** The font of tables and of the words around pictures. */
export const FONT = "ui-sans-serif,system-ui,'Segoe UI','Helvetica Neue',Arial,'Noto Sans',sans-serif";

/** The font of pictures whose boxes are measured before they are drawn: fonts of Helvetica's widths first. */
export const MEASURED_FONT = "'Helvetica Neue',Helvetica,Arial,'Liberation Sans','Noto Sans',sans-serif";
