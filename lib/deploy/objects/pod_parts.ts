/** Where a pod finds the secrets that are named for it: `readSecret` looks there. */
export const SECRETS_FOLDER = "/var/run/secrets/levada";

/** What a pod asks for. */
export interface PodResources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** Memory that it may use is memory that it has; of the processor it may use what is free. */
export function podResources(
  { cpu, memory, gpu }: { readonly cpu?: number | string; readonly memory?: string; readonly gpu?: number },
): PodResources {
  const limits: Readonly<Record<string, string>> = {
    ...memory !== undefined && { memory },
    ...gpu !== undefined && { "nvidia.com/gpu": String(gpu) },
  };
  return { requests: { ...cpu !== undefined && { cpu: String(cpu) }, ...limits }, limits };
}
