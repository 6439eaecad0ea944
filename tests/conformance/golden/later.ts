/** What a later issue takes up: until then its cases may be skipped. */

import type { GoldenCase } from "./golden_case.ts";

/** Topics of serving: models and routers, the function as it is deployed, tracking. The first that a case has counts. */
const LATER = [
  "model-runner",
  "parallel",
  "ensemble",
  "router",
] as const;

/** The topic by which a case belongs to a later issue; undefined where it belongs to the engine. */
export function laterTopic({ topics }: GoldenCase): string | undefined {
  return LATER.find((topic) => topics.includes(topic));
}

/** Counts what is left for a later issue, by topic, with what each topic needs. */
export class Left {
  readonly #topics = new Map<string, { cases: number; reasons: Set<string> }>();

  /** Counts one skipped case. */
  add(topic: string, reason: string): void {
    const left = this.#topics.get(topic) ?? { cases: 0, reasons: new Set() };
    left.cases += 1;
    left.reasons.add(reason.replace(/^needs: /, ""));
    this.#topics.set(topic, left);
  }

  /** One line a topic, the largest first. */
  lines(): string[] {
    const topics = [...this.#topics].sort(([, a], [, b]) => b.cases - a.cases);
    return topics.map(([topic, { cases, reasons }]) =>
      `${cases} left for a later issue, topic ${topic}: needs ${[...reasons].join(", ")}`
    );
  }
}
