import { MEASURED_FONT, onPaper, scrolling, themed } from "../draw/theme.ts";

const RULES = `
& text{font-family:${MEASURED_FONT};fill:var(--ink);stroke:none}
& text.detail{fill:var(--soft);font-size:11px}
& :is(.node,.cluster) :is(path,polygon,ellipse,polyline){fill:var(--fill);stroke:var(--line)}
& .edge path{fill:none;stroke:var(--line)} & .edge polygon{fill:var(--line);stroke:var(--line);stroke-width:.6}
& .node.route path{fill:var(--route);stroke:none} & .node.none path{fill:none;stroke:var(--line);stroke-dasharray:3 3}
& .node.none text{fill:var(--soft)}
& .node.queue polygon,& .node.schedule path{fill:var(--queue)}
& .node.start ellipse{fill:var(--ink);stroke:none}
& .responder:is(.node,.cluster) :is(path,polygon,ellipse){stroke:var(--accent);stroke-width:2}
& .responder text.detail:last-of-type{fill:var(--accent);font-weight:600}
& .handler:is(.node,.cluster) :is(path,polygon,ellipse){stroke:var(--error);stroke-dasharray:5 3}
& .edge text{fill:var(--soft);font-size:11px}
& .wrong:is(.node,.cluster) :is(path,polygon,ellipse){stroke:var(--error);stroke-width:2}
& .wrong:is(.node,.cluster) text.detail:last-of-type{fill:var(--error);font-weight:600}
& .edge.error path{stroke:var(--error)} & .edge.error polygon{fill:var(--error);stroke:var(--error)}
& .edge.cycle path{stroke-width:1.7;stroke-dasharray:.1 4;stroke-linecap:round}
& .cluster.function:not(.wrong) path{stroke:none} & .cluster.function text,& .graph>text{fill:var(--soft);font-weight:600}
& .graph.wrong>text{fill:var(--error)}
${[0, 1, 2, 3, 4].map((hue) => `& .cluster.f${hue} path{fill:var(--f${hue})}`).join("\n")}
`.trim();

/** How a picture looks within a page. */
export const PAGE_STYLE = `${themed(".levada-graph")}
${scrolling(".levada-graph")}
${RULES.replaceAll("&", ".levada-graph")}`;

/** How a picture looks that stands alone. */
export const PAPER_STYLE = `${onPaper("svg.levada-graph")}
${RULES.replaceAll("&", "svg.levada-graph")}`;
