import type { DescribedUnits, UnitFeed } from "../bundle/described_units.ts";
import { type Fault, GraphError } from "../errors.ts";
import { compile } from "../graph/compile.ts";
import { errorFault } from "../graph/fault.ts";
import { link } from "../graph/link.ts";
import { functionsOf } from "../graph/part.ts";
import { documentData } from "../graph/secret_data.ts";
import { isSchedule } from "../triggers/trigger.ts";
import { errorStreamPath } from "./error_stream.ts";
import { type FunctionPart, partOf } from "./parts_of.ts";
import { unitOf } from "./unit.ts";

/**
 * Compiles a function as it runs in one process, and itself and each child as they run apart; nothing is opened, no code of it runs.
 *
 * @throws {GraphError} If it has no graph.
 */
export function describeUnits(fn: object): DescribedUnits {
  const unit = unitOf(fn);
  const source = unit.source();
  const functions = unit.children();
  const whole = faultsOf(() => void compile(source, { functions }));
  const told = new Set(whole.map(kindOf));
  const apart: Fault[] = [];
  const feeds: UnitFeed[] = [];
  for (const name of functionsOf(source, link(source))) {
    const faults = faultsOf(() => {
      const plan = compile(source, { functions, currentFunction: name });
      const part = partOf(unit, { name, plan, home: "local" });
      feeds.push(...feedsOf(part, name === "" ? unit.name : name));
      const lost = unreachable(part, errorStreamPath(unit, part));
      if (lost.length > 0) throw new GraphError("run it by itself", lost);
    });
    const fresh = faults.filter((fault) => !told.has(kindOf(fault)));
    for (const fault of fresh) told.add(kindOf(fault));
    apart.push(...fresh);
  }
  return { whole, apart, feeds };
}

/** Streams in this process join nothing where each function has a process of its own: what they hold would be lost. */
export function unreachable(
  { inlets, outlets, triggers }: FunctionPart,
  errors: string | undefined,
): Fault[] {
  const isLost = ({ path }: { readonly path: string }) => path.startsWith("memory://");
  return [
    ...[...inlets, ...outlets].filter(isLost).map(({ queue, path }) =>
      errorFault(
        `${path} is a stream within one process, and no other function can reach it`,
        `Leave the path out where the queue leads to another function, else say one that others reach: local://${queue}`,
        queue,
      )
    ),
    ...triggers.filter(isLost).map(({ name, path }) =>
      errorFault(
        `trigger "${name}": ${path} is a stream within one process, and nobody can fill it`,
        `Say one that others reach: local://${name}`,
      )
    ),
    ...errors?.startsWith("memory://") === true
      ? [errorFault(
        `errorStream: ${errors} is a stream within one process, and nobody else can read it`,
        "Say one that others reach: local://errors",
      )]
      : [],
  ];
}

function faultsOf(act: () => void): readonly Fault[] {
  try {
    act();
    return [];
  } catch (error) {
    if (error instanceof GraphError) return error.faults;
    throw error;
  }
}

/** Of a step, whatever it names: a reply that crosses several queues is behind another one in each function, and one mistake. */
function kindOf({ step, cause, cure }: Fault): string {
  return JSON.stringify(step === undefined ? [cause, cure] : [step, cause.replaceAll(/"[^"]*"/g, ""), cure]);
}

/** The streams of others that a part reads, without secrets that are written out. */
function feedsOf({ inlets, triggers, group }: FunctionPart, reader: string): UnitFeed[] {
  return [
    ...inlets.map(({ path }) => ({ function: reader, path: withoutSecrets(path), group })),
    ...triggers.flatMap(({ name, path, trigger }) =>
      isSchedule(trigger) ? [] : [{
        function: reader,
        path: withoutSecrets(path),
        group: trigger.group ?? group,
        trigger: name,
        ...trigger.from === "end" ? { from: "end" as const } : {},
      }]
    ),
  ];
}

function withoutSecrets(path: string): string {
  return documentData({ path }).path as string;
}
