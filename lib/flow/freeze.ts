/**
 * Freezes plain objects and lists, and what they hold, so that who only may read cannot write. Class instances, maps and typed arrays
 * stay as they are: freezing would not keep them from changing.
 */
export function freezeData(value: unknown): void {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null || Object.isFrozen(next)) continue;
    const prototype = Object.getPrototypeOf(next);
    if (prototype !== Object.prototype && prototype !== null && !Array.isArray(next)) continue;
    Object.freeze(next);
    for (const part of Object.values(next)) open.push(part);
  }
}
