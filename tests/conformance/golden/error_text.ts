/** What an error's text must name. Words do not bind, names do. */

import { isRaised } from "./library/raised.ts";

/** Sentences of MLRun and storey, and what of each must stand in ours. */
const SENTENCES: readonly (readonly [RegExp, (match: RegExpExecArray) => readonly string[]])[] = [
  [
    /^model (\S*) +doesnt exist, available models: (.*?)(?: or an operation alone.*)?$/,
    ([, model, all]) => model === "" ? [] : [model!, ...all!.split(" | ")],
  ],
  [/^illegal model operation (\S+), method=/, ([, operation]) => [operation!]],
  [/^illegal path prefix (\S+), must start with (\S+)$/, ([, path, prefix]) => [path!, prefix!]],
  [/^Expected (?:key )?"inputs"/, () => ["inputs"]],
  [/^In order to use predict_dict or infer_dict operation/, () => ["inputs", "order"]],
  [/^`sampling_percentage` must be/, () => ["samplingPercentage"]],
  [/^Unrecognized request format/, () => []],
  [/^failed to json decode event/, () => []],
  [
    /^Invalid outlet '(.*)' for '(.+)'\. Allowed outlets are: (.*)\.$/,
    ([, outlet, step, all]) => [outlet!, step!, ...all!.split(", ")],
  ],
  [
    /^Invalid outlet selection for '(.+)': duplicate outlet names were provided \((.*)\)/,
    ([, step, all]) => [step!, ...all!.split(", ")],
  ],
  [/^Max iterations exceeded in step '(.+)' for event (\S+)$/, ([, step]) => [step!]],
  [/^step (\S+) does not have a handler/, ([, step]) => [step!]],
  [/^Step '(.+)' does not have a handler/, ([, step]) => [step!]],
  [/^(input_path|result_path) parameter supports only dict-like event bodies$/, ([, option]) => [camel(option!)]],
  [/^model (\S+) is not ready yet$/, ([, model]) => [model!]],
  [/^failed to init step (\S+)/, ([, step]) => [step!]],
  [/^Failed to import (\S+)/, () => []],
  [/^state\/function init failed, handler '(.+)' not found/, () => []],
  [/^handler \((.+)\) specified but doesnt exist in class (.+)$/, () => []],
  [/^failed to load model (\S+)$/, ([, model]) => [model!]],
  [/^Error, loop detected in step (\S+),/, ([, step]) => [step!]],
  [/^graph loop, step (\S+) is specified in before and\/or after (\S+)$/, ([, first, second]) => [first!, second!]],
  [/^cant set (?:before|after), there is no step named (\S+)$/, ([, step]) => [step!]],
  [/^did not find steps pointing to current function \((.+)\)$/, ([, name]) => [name!]],
  [/^step '(.+)' must specify a function, because it follows a queue step$/, ([, step]) => [step!]],
  [/^path=<stream path or None> must be specified for queues$/, () => ["path"]],
  [/^set_flow\(\) called on a step that already has downstream steps/, () => ["force"]],
  [/^unsupported topology (\S+), use/, ([, topology]) => [topology!, "router", "flow"]],
  [/^graph topology is already set/, () => ["topology"]],
  [/^there are more than one responder steps in the graph \((.*)\)$/, ([, all]) => all!.split(",")],
  [/^route or class_name must be specified$/, () => ["route"]],
  [/^You have to add models to the router step/, () => ["router"]],
  [/^graph does not contain any router, add_model/, () => ["router"]],
  [/^found \d+ routers, please specify the router_step/, () => ["router"]],
  [/^`before` arg can't be specified for graph error handler$/, () => ["before"]],
  [/^class_name or handler must be provided$/, () => []],
  [/^Cannot emit to a terminated flow$/, () => ["closed"]],
  [/^(\w+) can only appear as the first step of a flow$/, ([, step]) => [step!]],
  [/^Cannot build an empty flow$/, () => ["steps"]],
  [/^Expected a callable, got/, () => ["fn"]],
  [
    /^Period must be a divisor of every window, but period (\S+) does not divide \(\d+, '(\S+)'\)$/,
    ([, ...texts]) => texts,
  ],
  [/^unsupported emit policy type: /, () => ["emit"]],
  [/^maxEvents parameter must be specified for maxEvents emit policy$/, () => ["emit"]],
  [/^max_events must be an integer/, () => ["maxEvents"]],
  [/^flush_after_seconds cannot be negative$/, () => ["flushAfterMs"]],
  [/^max_in_flight may not be less than 1/, () => ["maxInFlight"]],
  [/^Buffer size must be positive$/, () => ["maxInFlight"]],
  [/^Aggregates should have unique names\. (\S+) already exists$/, ([, name]) => [name!]],
  [/^synchronous flow engine doesnt support branches use async,? (?:for step |step=)(\S+)$/, ([, step]) => [step!]],
];

/** What Python itself says, and libraries of mathematics. */
const PYTHON = [
  /^'\w+' object (?:has no attribute|does not support|is not)/,
  /^unsupported operand type/,
  /^argument of type/,
  /^can only concatenate/,
  /^(?:list|tuple) ind/,
  /^cannot convert dictionary/,
  /^unhashable type/,
  /^Expected \dD array/,
  /^setting an array element/,
  /^NotImplementedError\(\)$/,
  /^'\w+'$/,
];

/** Where a recorded error's text comes from, and what ours must hold. */
export type ErrorText =
  /** The golden library's own code raised it. */
  | { readonly from: "user"; readonly text: string }
  /** A sentence of MLRun or storey: ours names the same. */
  | { readonly from: "mlrun"; readonly names: readonly string[] }
  /** Python's own words: they bind not at all. */
  | { readonly from: "python" };

/** Reads the text of a recorded error, with or without the class in front. */
export function readErrorText(recorded: string): ErrorText {
  const text = recorded.replace(/^(?:[A-Z]\w*: )+/, "");
  if (isRaised(text)) return { from: "user", text };
  for (const [pattern, names] of SENTENCES) {
    const match = pattern.exec(text);
    if (match !== null) return { from: "mlrun", names: names(match).filter((name) => name !== "") };
  }
  if (/^KeyError: /.test(recorded) || PYTHON.some((pattern) => pattern.test(text))) return { from: "python" };
  return { from: "mlrun", names: [...text.matchAll(/['"`]([^'"`]+)['"`]/g)].map(([, name]) => name!) };
}

/** What our text lacks of what the recorded one says; undefined where nothing is missing. */
export function missingFrom(recorded: string, ours: string): string | undefined {
  const read = readErrorText(recorded);
  const needed = read.from === "user" ? [read.text] : read.from === "mlrun" ? read.names : [];
  const missing = needed.filter((name) => !holds(ours, name));
  return missing.length === 0
    ? undefined
    : `the text lacks ${missing.map((name) => JSON.stringify(name)).join(", ")}: ${ours}`;
}

/** Tells whether text holds a name as a whole, not as a part of another word. */
export function holds(text: string, name: string): boolean {
  const whole = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`(?<!\\w)${whole}(?!\\w)`).test(text);
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
