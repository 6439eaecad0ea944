/** Value → what a notebook can show of it. */
export async function show(value: unknown): Promise<Record<string, unknown>> {
  await Promise.resolve();
  return value === undefined ? {} : { "text/plain": Deno.inspect(value, { colors: false }) };
}
