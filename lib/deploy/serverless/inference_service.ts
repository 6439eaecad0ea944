import type { Bundle } from "../../bundle/bundle.ts";
import { notesOfTimeout, timeoutOf } from "./knative_service.ts";
import { CPU_PERCENT, KSERVE } from "./kserve_fields.ts";
import { type ServerlessManifest, type ServerlessWish, type WholeFunction, wholeFunction } from "./whole_function.ts";

/** How KServe is to run it. */
export interface InferenceServiceWish extends ServerlessWish {
  /** `Standard`: as a Deployment, which it is by default; `Knative`: as a Service of that, which may have no pod when nobody asks. */
  readonly mode?: "Standard" | "Knative";
}

const LINGER_SECONDS = 3; // until all have heard that a pod ends
const MARGIN_SECONDS = 5;

/**
 * A graph as one InferenceService of KServe (`serving.kserve.io/v1beta1`): its server speaks the open inference protocol.
 *
 * @throws {DeployError} With everything of it that cannot run so.
 */
export function inferenceService(
  bundle: Bundle,
  { mode = "Standard", ...wish }: InferenceServiceWish,
): ServerlessManifest {
  const lingerSeconds = mode === "Standard" ? LINGER_SECONDS : undefined; // Knative hands a pod's requests on before it ends
  const whole = wholeFunction(`make an InferenceService of "${bundle.name}"`, bundle, {
    ...wish,
    answers: KSERVE[mode],
    ...lingerSeconds === undefined ? {} : { lingerSeconds },
  });
  const { name, metadata, labels, container, pod, scale, isFed, isScheduled } = whole;
  const least = isFed || mode === "Standard" ? 1 : 0;
  const min = Math.max(scale?.min ?? least, least);
  const max = isScheduled ? 1 : scale?.max;
  const timeout = timeoutOf(bundle, whole);
  return {
    object: {
      apiVersion: "serving.kserve.io/v1beta1",
      kind: "InferenceService",
      metadata: { ...metadata, annotations: { "serving.kserve.io/deploymentMode": mode } },
      spec: {
        predictor: {
          labels,
          minReplicas: min,
          ...max !== undefined && { maxReplicas: max },
          ...scale !== undefined && scale.min !== scale.max &&
            { scaleMetric: "cpu", scaleTarget: scale.cpu ?? CPU_PERCENT },
          ...pod,
          ...mode === "Standard"
            ? ending(whole)
            : timeout.timeoutSeconds !== undefined && { timeout: timeout.timeoutSeconds },
          containers: [{ name: "kserve-container", ...container }],
        },
      },
    },
    notes: [
      ...whole.notes,
      ...mode === "Standard" ? [] : notesOfTimeout(timeout),
      ...lingerSeconds === undefined ? [] : [
        `KServe gives its Deployments no preStop: a pod that is to end still answers for ${lingerSeconds} s (--linger)`,
      ],
      ...scale?.min === 0 && min > 0
        ? [
          isFed
            ? `${name} reads streams or goes by schedules: it keeps one pod`
            : `${name} keeps one pod: only mode "Knative" has none`,
        ]
        : [],
    ],
  };
}

/** How long a request, and a pod that is to end, may take: by themselves its ways in give up after a minute, its Deployments after 30 s. */
function ending({ graceSeconds, request }: Pick<WholeFunction, "graceSeconds" | "request">): object {
  return {
    timeout: request.seconds + MARGIN_SECONDS,
    terminationGracePeriodSeconds: LINGER_SECONDS + graceSeconds + MARGIN_SECONDS,
  };
}
