/** All that a function can say of how it runs, and what a target makes of each: what nobody has thought of does not compile. */
import type { ClusterSettings, Scale } from "./cluster_settings.ts";
import type { FunctionOfBundle } from "./deployed_functions.ts";
import type { ProcessSettings } from "./process_settings.ts";

type Resources = FunctionOfBundle["resources"];
type Named<Prefix extends string, Of> = {
  readonly [Name in keyof Of & string as `${Prefix}.${Name}`]-?: NonNullable<Of[Name]>;
};

/** What a function can say, by name, and what it says then. */
export type FunctionFields =
  & { readonly env: Readonly<Record<string, string>>; readonly errorStream: string }
  & Named<"serve", ProcessSettings>
  & Named<"resources", Resources>
  & Named<"cluster", Omit<ClusterSettings, "replicas">>
  & Named<"cluster.replicas", Scale>;

/** Where a function says it. */
export interface FunctionPlace {
  readonly env?: Readonly<Record<string, string>>;
  readonly errorStream?: string;
  readonly serve?: ProcessSettings;
  readonly resources?: Resources;
  readonly cluster?: ClusterSettings;
}

/** What a target makes of a field: it does it, it does not and tells so, or it cannot run such a function. */
export type Answer = "done" | { readonly noted: string } | { readonly refused: string };

/** What a target makes of each field where a function says it. */
export type Answers = {
  readonly [Field in keyof FunctionFields]: Answer | ((value: FunctionFields[Field]) => Answer);
};

/** The fields that a function says, by name. */
export function saidFields({ env, errorStream, serve, resources, cluster = {} }: FunctionPlace): Map<string, unknown> {
  const { replicas, ...others } = cluster;
  const scale = typeof replicas === "number" ? { min: replicas, max: replicas } : replicas;
  const groups = { serve, resources, cluster: others, "cluster.replicas": scale };
  return new Map([
    ...Object.entries({ env, errorStream }),
    ...Object.entries(groups).flatMap(([group, fields]) =>
      Object.entries(fields ?? {}).map(([name, value]): [string, unknown] => [`${group}.${name}`, value])
    ),
  ].filter(([, value]) => value !== undefined));
}

/** What a target makes of a function: what cannot run, and what it tells. Fields that there are not are for others to tell. */
export function answersTo(place: FunctionPlace, answers: Answers): {
  readonly faults: readonly string[];
  readonly notes: readonly string[];
} {
  const known = answers as Readonly<Record<string, Answer | ((value: unknown) => Answer)>>;
  const given = [...saidFields(place)].filter(([field]) => Object.hasOwn(known, field)).map(([field, value]) => {
    const answer = known[field]!;
    return typeof answer === "function" ? answer(value) : answer;
  });
  return {
    faults: given.flatMap((answer) => typeof answer === "object" && "refused" in answer ? [answer.refused] : []),
    notes: given.flatMap((answer) => typeof answer === "object" && "noted" in answer ? [answer.noted] : []),
  };
}
