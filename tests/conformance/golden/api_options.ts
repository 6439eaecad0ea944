/** MLRun's configuration of an API handler → ours. */

/** A path of the body, a name, whether it must be there. */
type Mapping = readonly [path: string, name: string, mandatory: boolean];

interface MlrunEndpoint {
  readonly path: string;
  readonly http_method: string;
  readonly action?: string;
  readonly input_body_mappings?: readonly Mapping[];
  readonly output_body_mappings?: readonly Mapping[];
}

/** What `setApi` gets. */
export function apiOptions(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const endpoints = config.endpoints as readonly MlrunEndpoint[];
  return {
    includeUrlInfo: config.include_url_info,
    endpoints: endpoints.map(({ path, http_method: method, action, input_body_mappings, output_body_mappings }) => ({
      path,
      method,
      ...(action === undefined ? {} : { action }),
      input: fieldsOf(input_body_mappings),
      output: fieldsOf(output_body_mappings),
    })),
  };
}

function fieldsOf(mappings: readonly Mapping[] = []): Record<string, { path: string; mandatory: boolean }> {
  return Object.fromEntries(mappings.map(([path, name, mandatory]) => [name, { path, mandatory }]));
}
