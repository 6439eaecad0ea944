import type { ClusterObject } from "../cluster/cluster_object.ts";
import { type ClusterObjects, FIELD_MANAGER } from "../cluster/cluster_objects.ts";
import { type FieldSet, type FieldsManager, fieldsOf, managersOf } from "./applied_fields.ts";
import { SCALE_MANAGER } from "./hand_over_scale.ts";

/** What somebody else has applied of an object, and it is not to have. */
interface Beyond {
  readonly other: FieldsManager;
  /** `.spec.ports[port=9000,protocol="TCP"]` each. */
  readonly paths: readonly string[];
}

const REPLICAS = ".spec.replicas"; // where nobody says it here it is an autoscaler's

/**
 * What others have applied of an object and a deploy that takes theirs over has not: an env, a port. It would stay, since they still say it.
 *
 * @param object As it is once it has been applied.
 */
export function fieldsBeyond(object: ClusterObject): Beyond[] {
  const managers = managersOf(object);
  const ours = managers.find(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply")?.fields ??
    {};
  return managers.filter(isApplier).flatMap((other) => {
    const { "f:metadata": _, ...said } = other.fields; // labels are how they know it again
    const paths = pathsBeyond(said, ours).filter((path) => path !== REPLICAS);
    return paths.length === 0 ? [] : [{ other, paths }];
  });
}

/** Takes that away: what they say of it from now on is its labels, annotations and owners. */
export async function takeFields(objects: ClusterObjects, object: ClusterObject): Promise<void> {
  for (const { other } of fieldsBeyond(object)) {
    const { "f:metadata": metadata, "f:spec": spec } = other.fields;
    const replicas = spec?.["f:replicas"];
    const fields = {
      ...metadata !== undefined && { "f:metadata": metadata },
      ...replicas !== undefined && { "f:spec": { "f:replicas": replicas } },
    };
    const kept = Object.keys(fields).length === 0 ? [] : [{ ...other, fields }];
    await objects.apply(fieldsOf(object, kept, { owners: true }), { manager: other.manager, force: true });
  }
}

function isApplier({ manager, operation, subresource }: FieldsManager): boolean {
  return operation === "Apply" && subresource === undefined && !manager.startsWith("kube-") &&
    manager !== FIELD_MANAGER && manager !== SCALE_MANAGER;
}

function pathsBeyond(theirs: FieldSet, ours: FieldSet): string[] {
  return Object.entries(theirs).filter(([field]) => field !== ".").flatMap(([field, below]) => {
    const there = ours[field];
    if (there === undefined) return [nameOf(field)];
    return pathsBeyond(below, there).map((path) => `${nameOf(field)}${path}`);
  });
}

/** A field as people write it. */
function nameOf(field: string): string {
  if (field.startsWith("f:")) return `.${field.slice(2)}`;
  const said = field.slice(2);
  if (!field.startsWith("k:")) return `[${said}]`;
  return `[${Object.entries(JSON.parse(said)).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}
