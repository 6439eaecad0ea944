import { type Bundle, manifestOf } from "../../bundle/bundle.ts";
import { documentOf } from "./deployed_functions.ts";

/**
 * What of a bundle's streams lies on one machine, where pods have no other's: a sentence each.
 *
 * @param options `isOneProcess`: all its functions are in one, where a queue between them needs no path. Default false.
 */
export function faultsOfStreams(
  bundle: Pick<Bundle, "files">,
  { isOneProcess = false }: { readonly isOneProcess?: boolean } = {},
): string[] {
  const { graph, options, children = {}, name } = documentOf(bundle);
  const queues = new Map(
    (graph?.steps ?? []).filter(({ kind }) => kind === "queue").map((
      { name, own },
    ) => [name, own?.path as string | undefined]),
  );
  const said = [...queues].flatMap(([name, path]) =>
    path !== undefined && isHere(path) ? [`queue "${name}": ${path}`] : []
  );
  const unsaid = (manifestOf(bundle).feeds ?? []).filter(({ path, trigger }) =>
    isHere(path) && (trigger !== undefined || ![...queues.values()].includes(path))
  ).filter(({ trigger }) => trigger !== undefined || !isOneProcess).map(({ path, trigger, function: reader }) =>
    trigger === undefined ? `the queue that feeds function "${reader}" has no path` : `trigger "${trigger}": ${path}`
  );
  const errors = Object.entries({ [name]: options, ...children }).flatMap(([name, place]) =>
    place?.errorStream !== undefined && isHere(place.errorStream)
      ? [`the error stream of function "${name}": ${place.errorStream}`]
      : []
  );
  return [...said, ...new Set(unsaid), ...errors].map((what) =>
    `${what}. On a cluster streams are at a broker: say a path such as kafka://broker:9092/topic`
  );
}

function isHere(path: string): boolean {
  return /^(local|memory):/i.test(path);
}
