import type { FlowEvent } from "../graph/event.ts";
import { copyData } from "./copy.ts";
import { freezeData } from "./freeze.ts";

/** Whether branches share a body instead of copying it, and whether it is frozen then, so that a branch that writes fails. */
export interface CopiesOptions {
  readonly share: boolean;
  readonly freezes: boolean;
}

/** The event for each further branch behind a step. */
export function copiesOf(event: FlowEvent, count: number, { share, freezes }: CopiesOptions): FlowEvent[] {
  if (share && freezes) freezeData(event.body);
  return Array.from({ length: count }, () => event.with(share ? event.body : copyData(event.body)));
}
