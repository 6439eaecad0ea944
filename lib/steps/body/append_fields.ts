/** A body with more fields behind its own; where both have one, the body's stays. */
export function appendFields(body: object, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...body, ...more, ...body }; // the first spread gives the order, the last the values
}
