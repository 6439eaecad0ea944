import { StatusError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Closing } from "./closing.ts";
import { tripOf } from "./trip.ts";
import { turn } from "./turn.ts";

/**
 * Ends everything that is still under way in a flow whose time to close is over: each event fails at the step where it is, and what
 * would go on fails at the step that it would enter. Gives one error for each step that was waited for, naming an event.
 */
export async function giveUpAll(closing: Closing, timeoutMs: number): Promise<Error[]> {
  const { plan, steps, walk, traffic, readings } = closing;
  const stuck = new Map<string, string[]>();
  walk.stop(new StatusError(503, `flow "${plan.name}" was closed before the event came here`));
  const note = (step: string, event: FlowEvent) => {
    stuck.set(step, [...stuck.get(step) ?? [], event.id]);
    const error = new StatusError(503, `No answer in the ${timeoutMs} ms that flow "${plan.name}" had to close`);
    for (const root of tripOf(event).roots()) root.abort(error);
    return error;
  };
  for (const reading of readings.open) reading.giveUp(note("input", reading.event));
  for (const step of steps) {
    for (const stream of [...step.streams]) stream.giveUp(note(step.name, stream.event));
    for (const visit of [...step.gate.inside]) walk.giveUp(step, visit, note(step.name, visit.event));
  }
  for (let before = Infinity; traffic.live > 0 && traffic.live < before;) {
    before = traffic.live;
    await turn();
  }
  for (const step of steps) {
    for (const event of [...step.holding]) walk.fail(step, event, note(step.name, event));
  }
  return [...stuck].map(([step, [first, ...more]]) =>
    new Error(
      `Step "${step}" had no answer for event ${first}${
        more.length === 0 ? "" : ` and ${more.length} more`
      } after ${timeoutMs} ms`,
    )
  );
}
