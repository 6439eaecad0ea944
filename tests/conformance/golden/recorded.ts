/** The same function or class, which tells of each question that it is asked; MLRun's recording did the same. */
export function recorded(route: unknown, note: () => void): unknown {
  if (typeof route !== "function") return route;
  const isClass = Object.getOwnPropertyDescriptor(route, "prototype")?.writable === false;
  return isClass ? recordedClass(route as unknown as Class, note) : (...given: unknown[]) => {
    note();
    return route(...given);
  };
}

type Method = (...given: unknown[]) => unknown;
type Class = new (...given: unknown[]) => Record<string, Method>;

function recordedClass(Base: Class, note: () => void): Class {
  const entry = ["answer", "doEvent", "do"].find((method) => typeof Base.prototype[method] === "function");
  if (entry === undefined) return Base;
  const Recorded = class extends Base {};
  Object.defineProperty(Recorded, "name", { value: Base.name });
  Object.defineProperty(Recorded.prototype, entry, {
    value(this: object, ...given: unknown[]) {
      note();
      return (Base.prototype[entry] as Method).apply(this, given);
    },
  });
  return Recorded;
}
