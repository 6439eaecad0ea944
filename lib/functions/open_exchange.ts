import { type Fault, GraphError } from "../errors.ts";
import { withSecrets } from "../graph/secret_data.ts";
import { type Exchange, openExchange } from "../streams/exchange.ts";
import type { StreamOptions } from "../streams/open_stream.ts";
import { isSchedule } from "../triggers/trigger.ts";
import type { FunctionPart } from "./parts_of.ts";

/** What is known of a function before it runs. */
type Fed = Pick<FunctionPart, "name" | "plan" | "inlets" | "triggers" | "outlets">;

/**
 * The stream whose records a function exchanges for what becomes of them, by its queue's or trigger's name; undefined where it has none.
 *
 * @throws {GraphError} If it is to, and cannot.
 */
export function exchangedFeed({ name, plan, inlets, triggers, outlets }: Fed): string | undefined {
  const feeds = [
    ...inlets.map(({ queue, path, exactlyOnce }) => ({ feed: queue, path, exactlyOnce: exactlyOnce === true })),
    ...triggers.map(({ name: feed, path, trigger }) => ({
      feed,
      path,
      exactlyOnce: !isSchedule(trigger) && trigger.exactlyOnce === true,
    })),
  ];
  const exchanged = feeds.find(({ exactlyOnce }) => exactlyOnce);
  if (exchanged === undefined) return undefined;
  const { feed } = exchanged;
  const faults: Fault[] = [];
  const refuse = (state: string, cure: string, step?: string) => {
    const cause = `"${feed}" is to be read exactly once, and ${state}`;
    faults.push({
      ...step === undefined ? {} : { step },
      cause,
      cure: `${cure}, or leave exactlyOnce out`,
      severity: "error",
    });
  };
  const others = feeds.filter((other) => other !== exchanged);
  if (others.length > 0) {
    refuse(`${namesOf(others.map(({ feed }) => feed))} feeds the function too`, "Give each a function of its own");
  }
  const elsewhere = outlets.filter(({ path }) => !/^kafka:/i.test(path));
  if (elsewhere.length > 0) {
    const state = `${namesOf(elsewhere.map(({ queue }) => queue))} leads out of Kafka`;
    refuse(state, "Give it a path in the same cluster, kafka://…");
  }
  for (const { spec: { name: step }, definition } of plan.steps) {
    if (definition.holds !== true || definition.isBorder === true) continue;
    const state = `${definition.kind} keeps events until others come, which wait for them`;
    refuse(state, "Put it into a function of its own behind a queue", step);
  }
  if (faults.length > 0) throw new GraphError(`read exactly once in function "${name}"`, faults);
  return feed;
}

/** Opens what a function exchanges; undefined where it exchanges nothing. */
export async function openExchanged(part: FunctionPart, options: StreamOptions): Promise<Exchange | undefined> {
  const feed = exchangedFeed(part);
  if (feed === undefined) return undefined;
  const { path } = part.feeds.find(({ queue }) => queue === feed)!;
  const { stream } = withSecrets({ stream: path }, { byName: false }) as { stream: string };
  try {
    return await openExchange(stream, options);
  } catch (error) {
    throw new GraphError(`start function "${part.name}"`, [{
      cause: `"${feed}": ${(error as Error).message}`,
      cure: "Mend its path, or start what it needs, then start again",
      severity: "error",
    }]);
  }
}

function namesOf(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
