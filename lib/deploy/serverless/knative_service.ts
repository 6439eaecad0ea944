import type { Bundle } from "../../bundle/bundle.ts";
import { type ServerlessManifest, type ServerlessWish, wholeFunction } from "./whole_function.ts";

const SCALING = "autoscaling.knative.dev";

/**
 * A graph as a Service of Knative (`serving.knative.dev/v1`), which has as many pods as it is asked, and none when nobody asks.
 *
 * @throws {DeployError} With everything of it that cannot run so.
 */
export function knativeService(bundle: Bundle, wish: ServerlessWish): ServerlessManifest {
  const whole = wholeFunction(`make a Service of Knative of "${bundle.name}"`, bundle, wish);
  const { name, metadata, labels, container, pod, scale, isFed, isScheduled } = whole;
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
          spec: { ...pod, containers: [{ name: "function", ...container }] },
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
      ...["nodeSelector", "tolerations"].filter((field) => Object.hasOwn(pod, field)).map((field) =>
        `cluster.${field}: Knative takes it where its feature kubernetes.podspec-${field.toLowerCase()} is on`
      ),
    ],
  };
}
