/** The label that says who keeps an object: `levada`, for all that is deployed or written. */
export const MANAGED_LABEL = "app.kubernetes.io/managed-by";
