import type { FlowEvent } from "../graph/event.ts";
import { copyData } from "./copy.ts";
import { freezeData } from "./freeze.ts";
import type { RunningStep } from "./running_step.ts";

/** How many copies, and whether a body that branches share is frozen, so that a branch that writes fails. */
export interface CopiesOptions {
  readonly count: number;
  readonly freezes: boolean;
}

/** The event for each further branch behind a step. */
export function copiesOf(event: FlowEvent, step: RunningStep, { count, freezes }: CopiesOptions): FlowEvent[] {
  const share = step.options.share === true;
  if (share && freezes) freezeData(event.body);
  const copies: FlowEvent[] = [];
  for (let index = 0; index < count; index++) copies.push(event.with(share ? event.body : copyData(event.body)));
  return copies;
}
