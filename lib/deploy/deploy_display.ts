import { escapeText } from "../draw/escape.ts";
import { type DeployProgress, describeProgress, farOf } from "./deploy_progress.ts";
import { DeployTrack, spentText } from "./deploy_track.ts";
import type { Clock } from "../graph/clock.ts";
import { STEADY_CLOCK } from "./steady_clock.ts";

/** Says an output of the cell that runs, in Jupyter's words. */
export type Broadcast = (type: string, content: Readonly<Record<string, unknown>>) => unknown;

/** Where a deploy is shown, and how long it may take. */
export interface DeployDisplayWish {
  /** The serving function's name. */
  readonly name: string;
  /** What is done. Default `deploy`. */
  readonly kind?: "deploy" | "rollback" | "resume";
  /** What is done until something is told. Default: what this kind begins with. */
  readonly stage?: string;
  readonly deadlineMs: number;
  readonly broadcast: Broadcast;
  readonly clock?: Clock;
}

interface Line {
  readonly mark: "◌" | "✓" | "✗";
  readonly name: string;
  /** `starting`, `ready`. */
  readonly state: string;
  /** Pods, why no more, where it answers. */
  readonly more: string;
  readonly time: string;
}

const BEAT_MS = 1_000;
/** What each kind of act begins with, and how it ends where nothing of the function itself was told. */
const WORDS = {
  deploy: { begins: "Looking what there is", same: "runs as it is wished", done: "deployed", failed: "not deployed" },
  rollback: { begins: "Looking what ran before", same: "rolled back", done: "rolled back", failed: "not rolled back" },
  resume: { begins: "Looking what there is", same: "runs", done: "started again", failed: "not started" },
} as const;
const COLORS = { "◌": "inherit", "✓": "var(--jp-success-color1, #2e7d32)", "✗": "var(--jp-error-color1, #c62828)" };

/** A display of each function that is deployed, in the output of a cell: changed in its place, also while nothing else than time passes. */
export class DeployDisplay implements Disposable {
  readonly #wish: DeployDisplayWish;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #id = crypto.randomUUID();
  readonly #shown = new Map<string, string>();
  readonly #readyMs = new Map<string, number>();
  readonly #track: DeployTrack;
  readonly #words: (typeof WORDS)[keyof typeof WORDS];
  #isOver = false;
  #outcome: "ready" | "failed" | undefined;
  #cancel: () => void = () => {};

  /** Shows at once that it begins. */
  constructor(wish: DeployDisplayWish) {
    this.#wish = wish;
    this.#words = WORDS[wish.kind ?? "deploy"];
    this.#track = new DeployTrack(wish.stage ?? this.#words.begins);
    this.#clock = wish.clock ?? STEADY_CLOCK;
    this.#startMs = this.#clock.now();
    this.#beat();
  }

  /** Changes no more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#cancel();
  }

  /** Shows what is new; what has ended stays as it ended. */
  tell(progress: DeployProgress): void {
    if (this.#isOver) return;
    const { state, function: name } = progress;
    this.#track.tell(progress);
    if (state === "noted" || state === "replanned") console.log(describeProgress(progress));
    if (state === "ready" && name !== undefined) this.#readyMs.set(name, this.#clock.now());
    this.#show();
  }

  /** How it ends; the reason of a failure is the cell's error. */
  end(outcome: "ready" | "failed"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outcome = outcome;
    this.#cancel();
    this.#show();
  }

  #beat(): void {
    this.#show();
    this.#cancel = this.#clock.schedule(BEAT_MS, () => this.#beat());
  }

  #show(): void {
    for (const line of this.#lines()) {
      const { mark, name, state, more, time } = line;
      const text = [mark, name, state, ...more === "" ? [] : [more], time].join("  ");
      const before = this.#shown.get(name);
      if (before === text) continue;
      this.#shown.set(name, text);
      this.#wish.broadcast(before === undefined ? "display_data" : "update_display_data", {
        data: { "text/html": htmlOf(line), "text/plain": text },
        metadata: {},
        transient: { display_id: `${this.#id}-${name}` },
      });
    }
  }

  *#lines(): Generator<Line> {
    const { functions, stage, isReturning } = this.#track;
    const words = this.#words;
    const own = this.#wish.name;
    const spent = this.#clock.now() - this.#startMs;
    const time = spentText(spent, this.#wish.deadlineMs);
    const over = `${Math.floor(spent / 1_000)} s`;
    if (!functions.has(own)) { // it has not begun yet, or its children have all of its steps
      const [mark, state] = this.#outcome === undefined
        ? ["◌", stage.replace(/ …$/, "") || "its children start"] as const
        : this.#outcome === "ready"
        ? ["✓", functions.size > 0 ? words.done : words.same] as const
        : ["✗", words.failed] as const;
      yield { mark, name: own, state, more: "", time: this.#outcome === undefined ? time : over };
    }
    for (const [name, progress] of functions) {
      const { url = "" } = progress;
      const readyMs = this.#readyMs.get(name);
      if (progress.state === "ready" && readyMs !== undefined) {
        const isOver = this.#outcome === "failed";
        const ends = stage !== "" && this.#outcome === undefined ? `${url}, ${stage.replace(/ …$/, "")}` : url;
        yield {
          mark: isOver ? "✗" : "✓",
          name,
          state: isOver ? "given up" : "ready",
          more: [...progress.pods === undefined ? [] : [farOf(progress)], ...isOver ? [] : [ends]].join(", "),
          time: `${Math.floor((readyMs - this.#startMs) / 1_000)} s`,
        };
      } else {
        const isOver = this.#outcome !== undefined;
        const isFailed = this.#outcome === "failed";
        yield {
          mark: !isOver ? "◌" : isFailed ? "✗" : "✓",
          name,
          state: !isOver ? isReturning ? "is put back" : "starting" : isFailed ? "not ready" : words.done,
          more: farOf(progress),
          time: isOver ? over : time,
        };
      }
    }
  }
}

/** A line that wraps within its column: a name or a word of any length breaks, and the time keeps its place. */
function htmlOf({ mark, name, state, more, time }: Line): string {
  const row = "display:flex;align-items:baseline;column-gap:0.75em";
  const breaks = "min-width:0;overflow-wrap:anywhere";
  return `<div style="${row};font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px)">` +
    `<span style="color:${COLORS[mark]}">${mark}</span>` +
    `<div style="${row};flex:1;flex-wrap:wrap;${breaks}"><b style="${breaks}">${escapeText(name)}</b>` +
    `<span style="${breaks}">${escapeText(state)}</span><span style="flex:1 1 20em;${breaks}">${
      escapeText(more)
    }</span></div>` +
    `<span style="white-space:nowrap;opacity:0.7">${time}</span></div>`;
}
