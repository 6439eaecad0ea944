/** How the report looks: on paper, and on a light or a dark screen. */

const COLOURS = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1d2329; --soft: #5c6670; --line: #dde2e7; --wash: #f5f7f9; --link: #0b62a8;
  --keyword: #8a3b8f; --string: #2a6b3c; --comment: #6b7680; --number: #9a5b00;
  --red: #b3261e; --red-wash: #fdf1f0; --yellow: #8a6100; --yellow-wash: #fdf8ea; --green: #2a6b3c; --blue: #0b62a8; --cyan: #0f6c74;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15191d; --ink: #dfe4e8; --soft: #98a3ad; --line: #323a42; --wash: #1d2328; --link: #7cb8ee;
    --keyword: #d3a2dd; --string: #9ccf9f; --comment: #8a959f; --number: #e3b777;
    --red: #f2a29b; --red-wash: #2e1d1d; --yellow: #e3c275; --yellow-wash: #2a2519; --green: #9ccf9f; --blue: #7cb8ee; --cyan: #82cdd4;
  }
}
:root {
  /* The names by which an output made for JupyterLab asks for the theme's colours. */
  --jp-layout-color0: var(--page); --jp-layout-color1: var(--page); --jp-layout-color2: var(--wash);
  --jp-content-font-color1: var(--ink); --jp-ui-font-color1: var(--ink); --jp-ui-font-color2: var(--soft);
  --jp-border-color1: var(--line); --jp-border-color2: var(--line); --jp-error-color1: var(--red);
  --mono: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}`;

const TABLE = `
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); font-weight: 600; }`;

/** A bar that is always there where something scrolls; many systems show one only while it moves. */
const SCROLLBAR = `
::-webkit-scrollbar { width: 0.6rem; height: 0.6rem; }
::-webkit-scrollbar-thumb { border-radius: 0.3rem; background: color-mix(in srgb, currentColor 35%, transparent); }
@supports (-moz-appearance: none) { * { scrollbar-width: thin; } }`;

/** Within each shown output: what a table or a picture looks like when it brings no style of its own. */
export const SHOWN_STYLE = `${TABLE}
img { max-width: 100%; height: auto; }
${SCROLLBAR}
@media print { svg { max-width: 100%; height: auto; } }`;

/** The page's own style. */
export const REPORT_STYLE = `${COLOURS}
${SCROLLBAR}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", sans-serif; }
a { color: var(--link); text-underline-offset: 0.15em; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
nav { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1.5rem 0; font-size: 0.9rem; line-height: 1.45; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav ol ol { margin: 0.25rem 0 0.75rem; padding-left: 0.75rem; border-left: 1px solid var(--line); }
nav li { margin: 0.25rem 0; }
nav > ol > li > a { font-weight: 600; }
nav a { color: inherit; text-decoration: none; }
nav ol ol a { color: var(--soft); }
nav a:hover { color: var(--link); text-decoration: underline; }
nav .brand { margin: 0 0 0.75rem; color: var(--soft); letter-spacing: 0.02em; }
.failed, nav .failed { color: var(--red); font-size: 0.8rem; font-weight: 600; text-decoration: underline; }
.skipped { color: var(--soft); font-size: 0.8rem; font-style: italic; }
@media (min-width: 48rem) { main, nav { padding-left: 2.75rem; } } /* room for the cells' numbers */
@media (min-width: 90rem) {
  body { display: grid; grid-template-columns: 16rem minmax(0, 72rem); justify-content: center; column-gap: 1rem; }
  nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; margin: 0; padding: 3rem 0 2rem 1rem; width: 16rem; align-self: start; }
  main { margin: 0; padding: 1.5rem 1.5rem 4rem 2.75rem; width: 100%; }
}
article { padding: 1.5rem 0 2.5rem; }
article + article { border-top: 1px solid var(--line); }
.note { margin: 0; color: var(--soft); font-size: 0.85rem; }
.stopped { margin: 0.75rem 0; padding: 0.6rem 0.9rem; border-left: 3px solid var(--red); background: var(--red-wash); color: var(--red); white-space: pre-wrap; overflow-wrap: anywhere; }
.prose { max-width: 44rem; overflow-wrap: break-word; }
.prose h1 { margin: 0.25rem 0 0.75rem; font-size: 1.9rem; line-height: 1.25; letter-spacing: -0.01em; }
.prose h2 { margin: 2.25rem 0 0.5rem; font-size: 1.35rem; line-height: 1.3; }
.prose h3 { margin: 1.5rem 0 0.25rem; font-size: 1.1rem; }
.prose p, .prose ul, .prose ol { margin: 0.6rem 0; }
.prose img { max-width: 100%; }
.prose code, .prose pre { font-family: var(--mono); font-size: 0.86em; }
.prose :not(pre) > code { padding: 0.1em 0.3em; border-radius: 0.25rem; background: var(--wash); overflow-wrap: anywhere; }
.prose blockquote { margin: 0.75rem 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--soft); }
.prose hr { border: 0; border-top: 1px solid var(--line); }
.scroll { overflow-x: auto; }
.cell { margin: 1.1rem 0; }
.input { position: relative; }
.count { position: absolute; right: 100%; top: 0.75rem; width: 2.2rem; padding-right: 0.6rem; text-align: right; color: var(--soft); font: 0.75rem/1.5 var(--mono); opacity: 0.7; }
@media (max-width: 48rem) { .count { display: none; } }
.not-run .input { opacity: 0.55; }
.cell .skipped { margin: 0.25rem 0 0 0.9rem; }
.cell:target .code { outline: 2px solid var(--red); outline-offset: 2px; }
pre { margin: 0; padding: 0.7rem 0.9rem; overflow-x: auto; font: 0.82rem/1.5 var(--mono); tab-size: 2; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.ruled { white-space: pre; overflow-wrap: normal; }
.code { border: 1px solid var(--line); border-radius: 0.4rem; background: var(--wash); }
.prose .code { font-size: 0.82rem; }
.code code { font: inherit; }
.keyword { color: var(--keyword); } .string { color: var(--string); } .comment { color: var(--comment); font-style: italic; } .number { color: var(--number); }
.outputs { margin: 0.5rem 0 0; }
.outputs > * + * { margin-top: 0.5rem; }
.shown { overflow-x: auto; padding: 0.4rem 0.9rem; }
.shown img { max-width: 100%; height: auto; background: #fff; }
.stream, .result, .error { max-height: 32rem; overflow: auto; }
.result { color: var(--ink); }
.stderr { background: var(--yellow-wash); border-left: 3px solid var(--yellow); }
.error { background: var(--red-wash); border-left: 3px solid var(--red); }
.raw { color: var(--soft); }
.ansi-bold { font-weight: 600; } .ansi-dim { opacity: 0.7; } .ansi-italic { font-style: italic; } .ansi-underline { text-decoration: underline; }
.ansi-black, .ansi-white { color: var(--soft); } .ansi-red { color: var(--red); } .ansi-green { color: var(--green); } .ansi-yellow { color: var(--yellow); }
.ansi-blue { color: var(--blue); } .ansi-magenta { color: var(--keyword); } .ansi-cyan { color: var(--cyan); }
${TABLE}
@media print {
  body { display: block; font-size: 10pt; }
  nav, main { position: static; width: auto; max-width: none; max-height: none; margin: 0; padding: 0; }
  article { break-before: page; border: 0 !important; }
  h1, h2, h3 { break-after: avoid; }
  .shown, .code, tr { break-inside: avoid; }
  pre { white-space: pre-wrap !important; overflow-wrap: anywhere !important; max-height: none !important; overflow: visible !important; }
  .count { display: none; }
  .shown, .scroll { overflow: visible; }
}
`;
