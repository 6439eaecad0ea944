/** Colours that are readable on light and on dark pages. */

const LIGHT =
  "--ink:#1b2733;--soft:#5b6b7b;--line:#8593a3;--paper:#fff;--fill:#f3f6f9;--accent:#0b6e4f;--error:#b42318;" +
  "--route:#eaf1fb;--queue:#fdf3dd;--f0:#1f6feb1c;--f1:#b8860b22;--f2:#8250df1c;--f3:#0b6e4f1c;--f4:#c2255c1a";
const DARK =
  "--ink:#e4eaf1;--soft:#a3b1c0;--line:#7b8998;--paper:#15191e;--fill:#252c35;--accent:#5fd3a6;--error:#ff8a7d;" +
  "--route:#24344a;--queue:#41371d;--f0:#4b8dff2b;--f1:#e0b34a26;--f2:#b392f02b;--f3:#5fd3a622;--f4:#ff7eb626";

/** The rules that give a class of elements its colours: those of the page's theme where it has one, else the reader's wish. */
export function themed(selector: string): string {
  const on = (page: string) => `${page} ${selector}`;
  return [
    `${selector}{${LIGHT}}`,
    `@media (prefers-color-scheme:dark){${selector}{${DARK}}}`,
    `${on('body[data-jp-theme-light="true"]')},${on("body.vscode-light")}{${LIGHT}}`,
    `${on('body[data-jp-theme-light="false"]')},${on("body.vscode-dark")}{${DARK}}`,
  ].join("\n");
}

/** The font of every picture and table. */
export const FONT = "ui-sans-serif,system-ui,'Segoe UI','Helvetica Neue',Arial,'Noto Sans',sans-serif";
