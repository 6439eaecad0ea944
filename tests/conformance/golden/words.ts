/** The words of MLRun's calls: positional and keyword arguments, as ours. Whoever takes a word, takes it out. */

/** MLRun's positional arguments, by method. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  to: ["class_name", "name", "handler"],
  add_step: ["class_name", "name", "handler"],
  error_handler: ["name", "class_name", "handler"],
  add_route: ["key", "route", "class_name", "handler"],
  add_model: ["key", "model_path", "class_name"],
  set_topology: ["topology", "class_name"],
  set_flow: ["steps"],
  after_step: ["after"],
};

/** Options of every step, by MLRun's name. */
const OPTIONS: Readonly<Record<string, string>> = {
  input_path: "inputPath",
  result_path: "resultPath",
  full_event: "fullEvent",
  function: "function",
  after: "after",
  before: "before",
  graph_shape: "shape",
  max_iterations: "maxIterations",
};

/** All arguments of a call by their names. */
export function wordsOf(
  call: string,
  args: readonly unknown[],
  given: Readonly<Record<string, unknown>>,
): Map<string, unknown> {
  const words = new Map(Object.entries(given));
  for (const [index, argument] of args.entries()) {
    const word = POSITIONAL[call]?.[index];
    if (word !== undefined) words.set(word, argument);
  }
  return words;
}

/** The options of a step. */
export function stepOptions(words: Map<string, unknown>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [word, option] of Object.entries(OPTIONS)) {
    const value = take(words, word);
    if (value !== undefined && value !== null) options[option] = value;
  }
  return options;
}

/** The arguments of a model. */
export function modelArgs(words: Map<string, unknown>): Record<string, unknown> {
  const path = take(words, "model_path");
  const uid = take(words, "model_endpoint_uid");
  take(words, "protocol"); // of a model: the key of its rows, which MLRun's models read themselves
  return {
    ...Object.fromEntries(words),
    ...(typeof path === "string" && path !== "" ? { modelPath: new URL(path, import.meta.url).pathname } : {}),
    ...(uid === undefined ? {} : { modelEndpointUid: uid }),
  };
}

/** Arguments of a class: JSON. What MLRun passes as a function (`_fn`), ours looks up by the name itself. */
export function classArgs(words: Map<string, unknown>): Record<string, unknown> {
  const { _fn: fn, ...args } = modelArgs(words);
  return fn === undefined ? args : { ...args, fn };
}

/** What `setTracking` gets besides the path. */
export function trackingOptions(words: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const samplingPercentage = words.get("sampling_percentage");
  return samplingPercentage === undefined ? {} : { samplingPercentage };
}

/** `set_topology` → `setTopology`. */
export function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** MLRun names a step after its class, or its handler. */
export function defaultName(className: unknown, handler: string | undefined): string {
  if (typeof className === "string") return className.split(".").at(-1)!.replace(/^\*/, "");
  return handler ?? "";
}

/** A word, which is gone then. */
export function take(words: Map<string, unknown>, key: string): unknown {
  const value = words.get(key);
  words.delete(key);
  return value;
}
