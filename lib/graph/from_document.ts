import { z } from "zod";
import { type Fault, GraphError } from "../errors.ts";
import { GraphBuilder } from "./builder.ts";
import { GRAPH_DOCUMENT, type StepDocument } from "./document.ts";
import { type FlowLimits, limitsOf } from "./limits.ts";
import type { ErrorClass } from "./node.ts";
import type { Code, StepDefinition } from "./operator.ts";
import type { Schema } from "./schema.ts";
import { dataOf } from "./secret_data.ts";
import { ReadyStep } from "./step.ts";
import { CLASS_TASK, FUNCTION_TASK } from "./task.ts";

/** The kinds of steps that a document may name. */
export type Catalogue = ReadonlyMap<string, StepDefinition>;

/** What a document is read with. */
export interface DocumentParts {
  /** The code that the document refers to, by ref. */
  readonly code: ReadonlyMap<string, unknown>;
  readonly catalogue: Catalogue;
}

/** A builder with the steps of a document, and its input schema. */
export interface ReadGraph {
  readonly builder: GraphBuilder;
  readonly input: Schema<unknown> | undefined;
  readonly limits: FlowLimits;
}

const TASKS: Catalogue = new Map([FUNCTION_TASK, CLASS_TASK].map((definition) => [definition.kind, definition]));

/**
 * Builds the graph that a document describes.
 *
 * @throws {GraphError} With every unknown kind, missing ref and malformed part at once.
 */
export function fromDocument(document: unknown, { code, catalogue }: DocumentParts): ReadGraph {
  const parsed = GRAPH_DOCUMENT.safeParse(document);
  if (!parsed.success) {
    throw new GraphError(
      "read the graph's document",
      parsed.error.issues.map(({ path, message }) => ({
        cause: `${path.join(".") || "the document"}: ${message}`,
        cure: "Use a document that toJSON() gave",
        severity: "error",
      })),
    );
  }
  const { name, input, limits = {}, steps, onError = [] } = parsed.data;
  const reader = new Reader(code, new Map([...TASKS, ...catalogue]));
  const builder = new GraphBuilder(name);
  for (const step of steps) reader.addStep(builder, step);
  for (const entry of onError) builder.handle(undefined, entry.handler, undefined, reader.only(entry.only));
  if (reader.faults.length > 0) throw new GraphError(`read the document of graph "${name}"`, reader.faults);
  return {
    builder,
    input: input === undefined ? undefined : z.fromJSONSchema(input),
    limits: limitsOf(limits as FlowLimits),
  };
}

class Reader {
  readonly faults: Fault[] = [];
  readonly #code: ReadonlyMap<string, unknown>;
  readonly #catalogue: Catalogue;

  constructor(code: ReadonlyMap<string, unknown>, catalogue: Catalogue) {
    this.#code = code;
    this.#catalogue = catalogue;
  }

  addStep(builder: GraphBuilder, step: StepDocument): void {
    const definition = this.#catalogue.get(step.kind);
    if (definition === undefined) {
      this.#fault(
        `kind "${step.kind}" is not in the catalogue`,
        `Use one of ${[...this.#catalogue.keys()].join(", ")}`,
        step.name,
      );
      return;
    }
    const ready = new ReadyStep<never, unknown>(definition, dataOf(step.own ?? {}), this.#resolveAll(step.code));
    const { name } = builder.add(step.name, ready, {
      args: this.#args(step),
      ...step.options,
      after: step.after ?? [],
      ...(step.before === undefined ? {} : { before: step.before }),
    }, { takesOver: step.takesOver });
    for (const route of step.routes ?? []) {
      builder.route(name, {
        key: route.key,
        model: this.#resolve(route.ref),
        args: this.#args(route),
        function: route.function,
      });
    }
    for (const entry of step.onError ?? []) {
      builder.handle(name, entry.handler, undefined, this.only(entry.only));
    }
    if (step.cycles !== undefined) builder.cycle(name, step.cycles);
    if (step.responder === true) builder.respond(name);
  }

  only(refs: readonly string[] | undefined): { only?: readonly ErrorClass[] } {
    return refs === undefined ? {} : { only: refs.map((ref) => this.#resolve(ref) as unknown as ErrorClass) };
  }

  #args({ args, argsCode }: Pick<StepDocument, "args" | "argsCode">): Record<string, unknown> {
    return { ...dataOf(args ?? {}), ...this.#resolveAll(argsCode) };
  }

  #resolveAll(refs: Readonly<Record<string, string>> | undefined): Record<string, Code> {
    return Object.fromEntries(Object.entries(refs ?? {}).map(([key, ref]) => [key, this.#resolve(ref)]));
  }

  #resolve(ref: string): Code {
    const code = this.#code.get(ref);
    if (typeof code === "function") return code;
    this.#fault(
      `code "${ref}" is ${code === undefined ? "missing" : typeof code}`,
      "Give the code that the graph had: graph.code",
    );
    return Object;
  }

  #fault(cause: string, cure: string, step?: string): void {
    this.faults.push({ ...(step === undefined ? {} : { step }), cause, cure, severity: "error" });
  }
}
