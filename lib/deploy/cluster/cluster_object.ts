/** An object of a cluster; what its kind has besides stands as the server has it. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  // deno-lint-ignore no-explicit-any -- each kind has fields of its own
  readonly [field: string]: any;
}

/** What every object says of itself. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly unknown[];
}

/** Whose an object is: it goes with it. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** A kind of objects. */
export interface ObjectKind {
  /** `apps/v1`; `v1` for the oldest kinds. */
  readonly apiVersion: string;
  readonly kind: string;
}

/** An object by its name. */
export interface ObjectName extends ObjectKind {
  readonly namespace: string;
  readonly name: string;
}

/** `Deployment shop/iris`, for messages. */
export function nameOf({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace}/${name}`;
}
