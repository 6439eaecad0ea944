import type { Bundle } from "../../bundle/bundle.ts";
import { documentOf } from "../settings/deployed_functions.ts";
import { KNATIVE } from "./knative_fields.ts";
import { type ServerlessManifest, type ServerlessWish, type WholeFunction, wholeFunction } from "./whole_function.ts";

const SCALING = "autoscaling.knative.dev";
const MARGIN_SECONDS = 5; // so that the function says first that a request is late
const LONGEST_SECONDS = 600; // what Knative takes where nobody has said otherwise

/**
 * A graph as a Service of Knative (`serving.knative.dev/v1`), which has as many pods as it is asked, and none when nobody asks.
 *
 * @throws {DeployError} With everything of it that cannot run so.
 */
export function knativeService(bundle: Bundle, wish: ServerlessWish): ServerlessManifest {
  const whole = wholeFunction(`make a Service of Knative of "${bundle.name}"`, bundle, { ...wish, answers: KNATIVE });
  const { name, metadata, labels, container, pod, scale, isFed, isScheduled } = whole;
  const timeout = timeoutOf(bundle, whole);
  const isByLoad = scale?.cpu !== undefined;
  const min = Math.max(scale?.min ?? 0, isFed || isByLoad ? 1 : 0);
  const max = isScheduled ? 1 : scale?.max;
  return {
    object: {
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata,
      spec: {
        template: {
          metadata: {
            labels,
            annotations: {
              [`${SCALING}/min-scale`]: String(min),
              ...max !== undefined && { [`${SCALING}/max-scale`]: String(max) },
              ...isByLoad && {
                [`${SCALING}/class`]: `hpa.${SCALING}`,
                [`${SCALING}/metric`]: "cpu",
                [`${SCALING}/target`]: String(scale!.cpu),
              },
            },
          },
          spec: { ...pod, ...timeout, containers: [{ name: "function", ...container }] },
        },
      },
    },
    notes: [
      ...whole.notes,
      ...isFed && (scale?.min ?? 0) < 1
        ? [`${name} reads streams or goes by schedules: it keeps one pod also when nobody asks it`]
        : [],
      ...isByLoad && scale!.min < 1 && !isFed
        ? [`${name} keeps one pod: what Knative scales by the processor it never has end all (class hpa)`]
        : [],
      ...notesOfTimeout(timeout),
    ],
  };
}

/** How long a request may take there, which is how long a pod may take to end too; nothing where the function says neither. */
export function timeoutOf(
  bundle: Bundle,
  { graceSeconds, request }: Pick<WholeFunction, "graceSeconds" | "request">,
): { readonly timeoutSeconds?: number } {
  const { serve: { graceMs } = {} } = documentOf(bundle).options ?? {};
  if (graceMs === undefined && !request.isSaid) return {};
  return { timeoutSeconds: Math.max(graceSeconds, request.seconds) + MARGIN_SECONDS };
}

/** What to know of it. */
export function notesOfTimeout({ timeoutSeconds = 0 }: { readonly timeoutSeconds?: number }): string[] {
  if (timeoutSeconds <= LONGEST_SECONDS) return [];
  return [
    `it may take ${timeoutSeconds} s for a request, or to end: Knative takes more than ${LONGEST_SECONDS} where max-revision-timeout-seconds ` +
    "of its config-defaults says so",
  ];
}
