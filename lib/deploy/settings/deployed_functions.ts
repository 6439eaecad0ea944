import { type Bundle, manifestOf } from "../../bundle/bundle.ts";
import type { GraphDocument } from "../../graph/document.ts";
import type { Trigger } from "../../triggers/trigger.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import type { ProcessSettings } from "./process_settings.ts";

/** What is read of a function's document. */
export interface FunctionDocument {
  readonly levada?: string;
  readonly name: string;
  readonly options?: Place;
  readonly topology?: "flow" | "router";
  readonly children?: Readonly<Record<string, Place>>;
  readonly graph?: GraphDocument;
  readonly triggers?: Readonly<Record<string, Trigger>>;
  readonly tracking?: { readonly path?: string };
  readonly params?: Readonly<Record<string, unknown>>;
  readonly api?: object;
}

/** What a function, or a child, says of where it runs. */
export interface Place {
  readonly dependencies?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly defaultContentType?: string;
  readonly serve?: ProcessSettings;
  readonly resources?: FunctionOfBundle["resources"];
  readonly cluster?: ClusterSettings;
  readonly errorStream?: string;
}

/** A function of a bundle that runs by itself. */
export interface FunctionOfBundle {
  /** The child's name, or the serving function's own. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** How it is served; not checked. */
  readonly settings: ProcessSettings;
  /** What it asks for in a cluster. */
  readonly resources: { readonly cpu?: number | string; readonly memory?: string; readonly gpu?: number };
  /** How it runs in a cluster; not checked. */
  readonly cluster: ClusterSettings;
}

/** The document of the function of a bundle. */
export function documentOf(bundle: Pick<Bundle, "files">): FunctionDocument {
  return manifestOf(bundle).function as FunctionDocument;
}

/** The functions of a bundle: itself where it has steps of its own, and each child that has steps, in the order of the graph. */
export function functionsOfBundle(bundle: Pick<Bundle, "files">): FunctionOfBundle[] {
  const { name, options = {}, children = {}, graph } = documentOf(bundle);
  const steps = graph?.steps ?? [];
  const named = new Set(steps.flatMap((step) => step.options?.function ?? []).filter((child) => child !== ""));
  const handlers = new Set(
    [...steps, ...graph === undefined ? [] : [graph]].flatMap(({ onError = [] }) =>
      onError.map(({ handler }) => handler)
    ),
  );
  // queues belong to who fills them, with which a graph begins to who is asked; handlers to who fails
  const isOwn = ({ name, kind, options, after }: typeof steps[number]) =>
    options?.function === undefined && (kind !== "queue" || after === undefined) && !handlers.has(name);
  const hasOwn = named.size === 0 || steps.some(isOwn);
  return [
    ...hasOwn ? [functionOf(name, options)] : [],
    ...[...named].map((child) => functionOf(child, children[child] ?? {})),
  ];
}

function functionOf(name: string, { env = {}, serve = {}, resources = {}, cluster = {} }: Place): FunctionOfBundle {
  return { name, env, settings: serve, resources, cluster };
}
