import { type DeployProgress, describeProgress, farOf } from "./deploy_progress.ts";

/** How far a deploy is, by what has been told of it. */
export class DeployTrack {
  readonly #functions = new Map<string, DeployProgress>();
  #stage: string;
  #isReturning = false;

  /** `stage`: what is done until something is told. */
  constructor(stage: string) {
    this.#stage = stage;
  }

  /** What is told stands until something else is. */
  tell(progress: DeployProgress): void {
    const { state, function: name } = progress;
    if (state === "noted" || state === "replanned") return;
    this.#isReturning ||= state === "returning";
    if (name === undefined) this.#stage = describeProgress(progress);
    else {
      this.#stage = "";
      this.#functions.set(name, progress);
    }
  }

  /** What is done for all of them; empty where each is on its way. */
  get stage(): string {
    return this.#stage;
  }

  /** Whether what ran before is put back. */
  get isReturning(): boolean {
    return this.#isReturning;
  }

  /** What was told last of each function. */
  get functions(): ReadonlyMap<string, DeployProgress> {
    return this.#functions;
  }

  /** What is waited for, for people. */
  get waiting(): string {
    if (this.#stage !== "") return this.#stage.replace(/ …$/, "");
    const late = [...this.#functions].filter(([, { state }]) => state !== "ready");
    return late.map(([name, progress]) => `${name}: ${farOf(progress) || "starting"}`).join("; ");
  }
}

/** `12 s of 300 s`: how long it takes so far, and how long it may, where that is known. */
export function spentText(spentMs: number, deadlineMs?: number): string {
  return `${Math.floor(spentMs / 1_000)} s${deadlineMs === undefined ? "" : ` of ${Math.round(deadlineMs / 1_000)} s`}`;
}
