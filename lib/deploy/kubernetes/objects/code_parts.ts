/** How the code comes into a pod: what of its template is there for that. */
import { podResources } from "../../objects/pod_parts.ts";
import type { Release, ReleasedFunction } from "../release.ts";
import { CODE_KEY, codeName } from "./code_object.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The container that fetches the code before the function starts. */
export const FETCHER = "fetch-bundle";

const CODE_FOLDER = "/etc/levada";

/** What is served. */
export function codePath({ code }: Release): string {
  return code.kind === "image" ? code.folder : `${CODE_FOLDER}/${CODE_KEY}`;
}

/** The image, by which a tag may be pushed again with other code and is looked up each time; a digest, and a tag that is the revision, may not. */
export function imageOf({ image, code, revision }: Release): Fields {
  if (code.kind !== "image") return { image };
  const isFixed = image.includes("@") || image.endsWith(`:${revision}`);
  return { image, imagePullPolicy: isFixed ? "IfNotPresent" : "Always" };
}

/** Where the code lies in a container; only who fetches it writes there. */
export function codeMounts({ code }: Release, { readOnly = true } = {}): Fields[] {
  return code.kind === "image" ? [] : [{ name: "code", mountPath: CODE_FOLDER, ...readOnly && { readOnly } }];
}

/** Where the code comes from. */
export function codeVolumes(release: Release): Fields[] {
  const { kind } = release.code;
  if (kind === "image") return [];
  return [{ name: "code", ...kind === "config" ? { configMap: { name: codeName(release) } } : { emptyDir: {} } }];
}

/** Who fetches the code; nobody where it is there. It sees and may what the function's own container does. */
export function fetchers(release: Release, fn: ReleasedFunction, container: Fields): { initContainers?: Fields[] } {
  if (release.code.kind !== "store") return {};
  const { image, env, envFrom, securityContext, terminationMessagePolicy, volumeMounts } = container;
  const { gpu: _, ...resources } = fn.resources;
  const mounts = (volumeMounts as Fields[]).filter(({ name }) => name !== "code");
  return {
    initContainers: [{
      name: FETCHER,
      image,
      args: [
        "fetch-bundle",
        release.code.url,
        `--revision=${release.revision}`,
        ...release.code.sha256 === undefined ? [] : [`--sha256=${release.code.sha256}`],
        `--output=${codePath(release)}`,
      ],
      env,
      ...envFrom !== undefined && { envFrom },
      resources: podResources(resources),
      securityContext,
      terminationMessagePolicy,
      volumeMounts: [...mounts, ...codeMounts(release, { readOnly: false })],
    }],
  };
}
