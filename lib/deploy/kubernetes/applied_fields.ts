import type { ClusterObject } from "../cluster/cluster_object.ts";

/** Who has written which fields of an object, as an API server keeps it. */
export interface FieldsManager {
  readonly manager: string;
  /** `Apply` is a word that holds until it is taken back, `Update` was written once. */
  readonly operation: string;
  readonly subresource?: string;
  readonly fields: FieldSet;
}

/** Fields by their names in `fieldsV1`: `f:name`, `k:{"name":"a"}` of a list, `v:"a"` of a set, `.` for itself. */
export interface FieldSet {
  readonly [field: string]: FieldSet;
}

type Value = Readonly<Record<string, unknown>>;

/** Who has written an object, without those that nobody could understand. */
export function managersOf({ metadata: { managedFields = [] } }: ClusterObject): FieldsManager[] {
  return managedFields.flatMap((entry) => {
    const { manager, operation, subresource, fieldsV1 } = isRecord(entry) ? entry : {};
    if (typeof manager !== "string" || typeof operation !== "string" || !isRecord(fieldsV1)) return [];
    return [{
      manager,
      operation,
      ...typeof subresource === "string" && subresource !== "" && { subresource },
      fields: fieldsV1 as FieldSet,
    }];
  });
}

/**
 * An object with only those fields that these have written, with the values of now: what is to be applied to have them so again.
 *
 * @param options.owners Whether its owners too, which must still be there. Default: no.
 */
export function fieldsOf(
  object: ClusterObject,
  managers: readonly FieldsManager[],
  { owners = false }: { readonly owners?: boolean } = {},
): ClusterObject {
  const { apiVersion, kind, metadata: { name, namespace } } = object;
  const fields = managers.map(({ fields }) => fields).reduce(union, {});
  const { metadata = {}, ...said } = (isWhole(fields) ? {} : project(object, fields)) as Partial<ClusterObject>;
  const { ownerReferences, ...rest } = metadata as Partial<ClusterObject["metadata"]>;
  const owned = owners && ownerReferences !== undefined && { ownerReferences };
  return {
    ...said,
    apiVersion,
    kind,
    metadata: { ...rest, ...owned, name, ...namespace !== undefined && { namespace } },
  };
}

function union(one: FieldSet, other: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = { ...one };
  for (const [field, below] of Object.entries(other)) {
    const there = result[field];
    result[field] = there === undefined || isWhole(below) ? below : isWhole(there) ? there : union(there, below);
  }
  return result;
}

/** Whether all that is below is meant. */
function isWhole(fields: FieldSet): boolean {
  return Object.keys(fields).length === 0;
}

function project(value: unknown, fields: FieldSet): unknown {
  if (isWhole(fields) || (!Array.isArray(value) && !isRecord(value))) return value;
  const named = Object.entries(fields).filter(([field]) => field !== ".");
  if (Array.isArray(value)) return projectList(value, named);
  return Object.fromEntries(named.flatMap(([field, below]) => {
    const name = field.slice(2);
    return field.startsWith("f:") && Object.hasOwn(value, name) ? [[name, project(value[name], below)]] : [];
  }));
}

function projectList(list: readonly unknown[], named: readonly (readonly [string, FieldSet])[]): unknown[] {
  return list.flatMap((item, index) => {
    for (const [field, below] of named) {
      const said = field.slice(2);
      if (field.startsWith("i:") && Number(said) === index) return [project(item, below)];
      if (!field.startsWith("k:") && !field.startsWith("v:")) continue;
      const key = JSON.parse(said);
      if (field.startsWith("v:") && item === key) return [item];
      const isMeant = field.startsWith("k:") && isRecord(item) &&
        Object.entries(key).every(([name, value]) => item[name] === value);
      if (isMeant) return [{ ...key, ...project(item, below) as Value }];
    }
    return [];
  });
}

function isRecord(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
