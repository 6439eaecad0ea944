/** Draws the corners of shapes for which Graphviz takes up to four times the room of their text. */

/** How far the shape reaches into the box around it, in points, and the room that its text needs. */
const MARGINS: Readonly<Record<string, string>> = {
  octagon: "0.18,0.08",
  hexagon: "0.22,0.07",
  diamond: "0.34,0.09",
  trapezium: "0.22,0.07",
  invtrapezium: "0.22,0.07",
  invtriangle: "0.18,0.11",
};
const [CUT, POINT, TIP, SLANT, FUNNEL] = [7, 9, 22, 7, 10];
const NEAR = 2.5; // an arrow ends so near to a border, its own line included
const REACH = 24; // the widest gap between a box and the shape in it

type Point = readonly [x: number, y: number];
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
interface Shape {
  readonly box: Box;
  readonly corners: readonly Point[];
}

/** The margin of a box in which a shape is drawn here; undefined for a shape that Graphviz draws well. */
export function marginOf(shape: string): string | undefined {
  return Object.hasOwn(MARGINS, shape) ? MARGINS[shape] : undefined;
}

/** Gives the boxes of class `shape_hexagon` and so on their corners, and leads the edges to them. */
export function drawShapes(svg: string): string {
  const shapes: Shape[] = [];
  const drawn = svg.replaceAll(
    /<g class="node[^"]*\bshape_(\w+)\b[^"]*">[\s\S]*?<\/g>/g,
    (node, name: string) =>
      node.replace(/<polygon points="([^"]*)"/, (_, points: string) => {
        const box = boxOf(pointsOf(points));
        const corners = cornersOf(name, box);
        shapes.push({ box, corners });
        return `<polygon points="${write([...corners, corners[0]!])}"`;
      }),
  );
  if (shapes.length === 0) return svg;
  return drawn.replaceAll(/<g class="edge[^"]*">[\s\S]*?<\/g>/g, (edge) => leadEdge(edge, shapes));
}

function cornersOf(name: string, { left, right, top, bottom }: Box): Point[] {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  switch (name) {
    case "octagon":
      return [
        ...[[left + CUT, top], [right - CUT, top], [right, top + CUT], [right, bottom - CUT]] as Point[],
        ...[[right - CUT, bottom], [left + CUT, bottom], [left, bottom - CUT], [left, top + CUT]] as Point[],
      ];
    case "trapezium":
      return [[left + SLANT, top], [right - SLANT, top], [right, bottom], [left, bottom]];
    case "invtrapezium":
      return [[left, top], [right, top], [right - SLANT, bottom], [left + SLANT, bottom]];
    case "invtriangle":
      return [[left, top], [right, top], [right, bottom - FUNNEL], [x, bottom], [left, bottom - FUNNEL]];
    default: {
      const deep = name === "diamond" ? TIP : POINT;
      return [[left + deep, top], [right - deep, top], [right, y], [right - deep, bottom], [left + deep, bottom], [
        left,
        y,
      ]];
    }
  }
}

/** Moves the ends of an edge from the box around a shape to the shape. */
function leadEdge(edge: string, shapes: readonly Shape[]): string {
  const path = pointsOf(/ d="M([^"]*)"/.exec(edge)?.[1]?.replaceAll("C", " ") ?? "");
  const arrow = pointsOf(/<polygon points="([^"]*)"/.exec(edge)?.[1] ?? "");
  const [left, tip, right] = arrow;
  if (path.length < 4 || left === undefined || tip === undefined || right === undefined) return edge;
  const foot: Point = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
  const atTail = gapAt(path[0]!, path[1]!, shapes);
  const atHead = gapAt(tip, foot, shapes);
  const moved = path.map((point, index) =>
    index < 2 ? plus(point, atTail) : index >= path.length - 2 ? plus(point, atHead) : point
  );
  return edge
    .replace(/ d="M[^"]*"/, ` d="M${write(moved.slice(0, 1))}C${write(moved.slice(1))}"`)
    .replace(/<polygon points="[^"]*"/, `<polygon points="${write(arrow.map((point) => plus(point, atHead)))}"`);
}

/** From the end of an edge on a box, straight on, to the shape in the box; `from` is where the edge comes from. */
function gapAt(end: Point, from: Point, shapes: readonly Shape[]): Point {
  const [x, y] = end;
  const length = Math.hypot(x - from[0], y - from[1]);
  const shape = shapes.find(({ box: { left, right, top, bottom } }) =>
    x > left - NEAR && x < right + NEAR && y > top - NEAR && y < bottom + NEAR
  );
  if (shape === undefined || length === 0) return [0, 0];
  const way: Point = [(x - from[0]) / length, (y - from[1]) / length];
  const gaps = crossings(end, way, shape.corners).filter((gap) => gap > -NEAR && gap < REACH);
  if (gaps.length === 0) return [0, 0];
  const gap = gaps.reduce((best, next) => Math.abs(next) < Math.abs(best) ? next : best);
  return [way[0] * gap, way[1] * gap];
}

/** How far along a way from a point the sides between corners are. */
function crossings([x, y]: Point, [wayX, wayY]: Point, corners: readonly Point[]): number[] {
  return corners.flatMap(([fromX, fromY], index) => {
    const [toX, toY] = corners[(index + 1) % corners.length]!;
    const [sideX, sideY] = [toX - fromX, toY - fromY];
    const area = wayX * sideY - wayY * sideX;
    if (area === 0) return [];
    const share = ((fromX - x) * wayY - (fromY - y) * wayX) / area; // where on the side, 0 to 1
    return share < 0 || share > 1 ? [] : [((fromX - x) * sideY - (fromY - y) * sideX) / area];
  });
}

function boxOf(points: readonly Point[]): Box {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function plus([x, y]: Point, [dx, dy]: Point): Point {
  return [x + dx, y + dy];
}

function pointsOf(text: string): Point[] {
  return text.split(/\s+/).filter((pair) => pair !== "").map((pair) => {
    const [x, y] = pair.split(",").map(Number);
    return [x!, y!];
  });
}

function write(points: readonly Point[]): string {
  return points.map(([x, y]) => `${Number(x.toFixed(2))},${Number(y.toFixed(2))}`).join(" ");
}
