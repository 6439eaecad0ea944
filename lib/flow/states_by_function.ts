/** Makes one state a function. */
export function statesByFunction(): (fn: string) => Map<string, unknown> {
  const states = new Map<string, Map<string, unknown>>();
  return (fn) => {
    const state = states.get(fn) ?? new Map<string, unknown>();
    states.set(fn, state);
    return state;
  };
}
