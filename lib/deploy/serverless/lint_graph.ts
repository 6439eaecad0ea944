import type { Fault } from "../../errors.ts";
import type { GraphDocument, StepDocument } from "../../graph/document.ts";
import { errorFault, warningFault } from "../../graph/fault.ts";
import { HIDDEN } from "../../redact_text.ts";
import { isRounded, percents, type Shares } from "./percents.ts";
import { urlOf } from "./url_of.ts";

/** What of a graph an InferenceGraph can say. */
export interface GraphLint {
  /** What it cannot, and what gets lost, step by step. */
  readonly faults: readonly Fault[];
  /** The steps in the order in which they are asked, where they are one chain. */
  readonly order: readonly StepDocument[];
}

/** The cure of what cannot be said. */
export const WHOLE = "Deploy the whole graph as one InferenceService instead";
const CODE = "it is code, which a router of KServe has no place for";
const STATE = "it keeps what it has seen, which a router of KServe does not";
const MANY = "it makes several events of one, or one of several, and a router of KServe has one answer for one request";
const PICKS = "it chooses by what code says; conditions of KServe look whether a field is there";
const FIELDS = "it changes a body in a way that KServe has no word for";
const STORE = "it reads or writes a store";

/** What keeps a kind of step from being said; undefined where it can be. Steps that are no ready ones are code. */
export const UNSAID: Readonly<Record<string, string | undefined>> = {
  remote: undefined,
  weightedRouter: undefined,
  function: CODE,
  class: CODE,
  method: CODE,
  aggregateByKey: STATE,
  assertEvents: CODE,
  batch: MANY,
  choice: PICKS,
  choiceByField: PICKS,
  collector: MANY,
  concurrent: CODE,
  dateExtractor: FIELDS,
  dropFields: FIELDS,
  extend: CODE,
  filter: PICKS,
  flatMap: MANY,
  flatten: MANY,
  forEach: CODE,
  imputer: FIELDS,
  joinWithTable: STORE,
  map: CODE,
  mapValues: FIELDS,
  mapWithState: STATE,
  merge:
    "it joins ways of a graph; an Ensemble of KServe gives an object with an answer for each step, whatever the merge makes of them",
  oneHotEncoder: FIELDS,
  parallel: "it has models of its own in its processes; an Ensemble of KServe asks other services",
  partition: "it gives events keys for streams, of which KServe has none",
  queryByKey: STORE,
  queue: "it is a stream, of which KServe has none",
  reduce: MANY,
  reifyMetadata: "it reads what is known of an event, which KServe does not pass on",
  remoteBatch: MANY,
  rename: FIELDS,
  sampleWindow: STATE,
  setEventMetadata: "it writes what is known of an event, which KServe does not pass on",
  validator: FIELDS,
  writeCsv: STORE,
  writeJsonLines: STORE,
  writeParquet: STORE,
  writeSql: STORE,
  modelRouter: "it goes by the path of a request; a Switch of KServe looks at fields of the body alone",
  modelRunner: "it puts answers of models into the body, in places of its own",
  parallelRun: "it merges answers; an Ensemble of KServe gives an object with an answer for each step",
  shadow: "it answers by one model and compares another; KServe has no such node",
  votingEnsemble: "it votes; an Ensemble of KServe gives an object with an answer for each step",
};

const PLAIN_OPTIONS = ["shape", "comment"]; // of pictures
const LOST_OPTIONS = ["retries", "backoffMs", "timeoutMs", "maxInFlight", "breaker"];
const OWN_OPTIONS = ["url", "subpath", "method"];
const LOST_OWN_OPTIONS = ["maxRedirects", "replyLimitBytes", "form"];

/** Looks what of a graph can be said as an InferenceGraph. */
export function lintGraph({ steps, onError = [] }: GraphDocument): GraphLint {
  const handlers = new Set([...onError, ...steps.flatMap((step) => step.onError ?? [])].map(({ handler }) => handler));
  const asked = steps.filter(({ name }) => !handlers.has(name));
  const order = chainOf(asked);
  return {
    order,
    faults: [
      ...steps.flatMap((step) => faultsOf(step, handlers.has(step.name))),
      ...asked.filter(({ name, responder, before = [] }) =>
        responder === true && (before.length > 0 || asked.some(({ after = [] }) => after.includes(name)))
      ).map(({ name }) => errorFault("it answers while later steps go on; KServe answers at the end", WHOLE, name)),
      ...onError.length === 0 ? [] : [errorFault("the graph has an error handler, and KServe has none", WHOLE)],
      ...order.length === asked.length || asked.length === 0 ? [] : [
        errorFault("its steps are no chain: KServe goes from one to the next", WHOLE),
      ],
      ...asked.length === 0
        ? [errorFault("it has no steps", "Add steps that ask other services: remote({ url })")]
        : [],
    ],
  };
}

function faultsOf(step: StepDocument, isHandler: boolean): Fault[] {
  const { name, kind, options = {}, cycles = [], onError = [] } = step;
  if (isHandler) return [errorFault("it handles errors, and KServe has no handlers", WHOLE, name)];
  const unsaid = Object.hasOwn(UNSAID, kind) ? UNSAID[kind] : CODE;
  const said = Object.keys(options).filter((option) => !PLAIN_OPTIONS.includes(option));
  const given = options as Readonly<Record<string, unknown>>;
  return [
    ...unsaid === undefined ? [] : [errorFault(unsaid, WHOLE, name)],
    ...given.function === undefined
      ? []
      : [errorFault(`it runs in function "${given.function}", and KServe has none of these`, WHOLE, name)],
    ...onError.length === 0 ? [] : [errorFault("it has an error handler, and KServe has none", WHOLE, name)],
    ...cycles.length === 0
      ? []
      : [errorFault("its results go back to earlier steps, and KServe goes round no circle", WHOLE, name)],
    ...said.filter((option) => LOST_OPTIONS.includes(option)).map((option) => lost(option, name)),
    ...said.filter((option) => option !== "function" && !LOST_OPTIONS.includes(option)).map((option) =>
      errorFault(`its option ${option} has no word in KServe`, WHOLE, name)
    ),
    ...kind === "remote" ? faultsOfRemote(step) : kind === "weightedRouter" ? faultsOfRouter(step) : [],
  ];
}

function faultsOfRemote({ name, own = {}, code = {} }: StepDocument): Fault[] {
  const { method = "POST" } = own as { method?: string };
  return [
    ...Object.keys(code).map((option) =>
      errorFault(`its ${option} is code, and KServe has no place for it`, WHOLE, name)
    ),
    ...code.url === undefined ? faultsOfUrl(askedBy(own), { step: name, whose: "its" }) : [],
    ...method.toUpperCase() === "POST"
      ? []
      : [errorFault(`it asks by ${method}, and KServe by POST alone`, WHOLE, name)],
    ...Object.keys(own).filter((option) => LOST_OWN_OPTIONS.includes(option)).map((option) => lost(option, name)),
    ...Object.keys(own).filter((option) => ![...OWN_OPTIONS, ...LOST_OWN_OPTIONS].includes(option)).map((option) =>
      errorFault(`its ${option} cannot be said: KServe passes a body and some headers on, as they are`, WHOLE, name)
    ),
  ];
}

/** Whom it asks, unless that is no text. */
function askedBy({ url, subpath }: NonNullable<StepDocument["own"]>): unknown {
  return typeof url === "string" ? urlOf({ url, subpath: subpath as string | undefined }) : url;
}

function faultsOfRouter(step: StepDocument): Fault[] {
  const { name, own = {}, code = {}, routes = [] } = step;
  return [
    ...code.stickyBy === undefined
      ? []
      : [errorFault("its stickyBy is code; a Splitter of KServe goes by chance", WHOLE, name)],
    ...own.name === undefined
      ? []
      : [warningFault("its name is not told in answers", "Who asks sees the model's", name)],
    ...routes.flatMap((route) => faultsOfRoute(name, route)),
    ...faultsOfShares(name, sharesOf(step)),
  ];
}

/** How much each route of a weighted router gets. */
export function sharesOf({ own = {}, routes = [] }: StepDocument): Shares {
  const shares = own.shares as Shares;
  return Object.fromEntries(routes.map(({ key }) => [key, shares[key] ?? 0]));
}

function faultsOfShares(step: string, shares: Shares): Fault[] {
  if (Object.values(shares).every((share) => share === 0)) {
    return [errorFault("its shares are nothing together", "Give each route a share", step)];
  }
  const whole = percents(shares);
  const lost = Object.keys(shares).filter((key) => shares[key]! > 0 && whole[key] === 0);
  if (lost.length > 0) {
    return lost.map((key) =>
      errorFault(
        `route "${key}": its share is less than one of a hundred, by which a Splitter of KServe goes: it would never be asked`,
        "Give it a hundredth at least, or deploy the whole graph as one InferenceService",
        step,
      )
    );
  }
  return isRounded(shares)
    ? [
      warningFault(
        "its shares are whole hundredths there",
        Object.entries(whole).map(([key, share]) => `${key} gets ${share}`).join(", "),
        step,
      ),
    ]
    : [];
}

type RouteDocument = NonNullable<StepDocument["routes"]>[number];

function faultsOfRoute(step: string, { key, ref, args = {}, argsCode = {}, function: place }: RouteDocument): Fault[] {
  const whose = `route "${key}": its`;
  if (ref !== "RemoteModel") {
    return [errorFault(`route "${key}" is a model of its own process; KServe asks other services`, WHOLE, step)];
  }
  const { url, model: _model, ...rest } = args as Readonly<Record<string, unknown>>;
  return [
    ...place === undefined
      ? []
      : [errorFault(`${whose} function is "${place}", and KServe has none of these`, WHOLE, step)],
    ...Object.keys(argsCode).map((arg) =>
      errorFault(`${whose} ${arg} is code, and KServe has no place for it`, WHOLE, step)
    ),
    ...argsCode.url === undefined ? faultsOfUrl(url, { step, whose }) : [],
    ...Object.keys(rest).map((arg) =>
      LOST_OPTIONS.includes(arg) ? lost(arg, step, whose) : errorFault(`${whose} ${arg} cannot be said`, WHOLE, step)
    ),
  ];
}

function faultsOfUrl(url: unknown, { step, whose }: { readonly step: string; readonly whose: string }): Fault[] {
  if (typeof url !== "string" || /\$\{[^{}]*\}/.test(url)) {
    return [errorFault(`${whose} url has a secret in it, which KServe would not fill in`, WHOLE, step)];
  }
  if (url.includes(HIDDEN)) {
    return [
      errorFault(
        `${whose} url has a secret in it, which leaves with no code, and KServe would not know it`,
        WHOLE,
        step,
      ),
    ];
  }
  if (/\$path/.test(url)) {
    return [errorFault(`${whose} url has the event's path in it, which KServe does not know`, WHOLE, step)];
  }
  return /^https?:\/\//i.test(url)
    ? []
    : [errorFault(`${whose} url "${url}" is none that KServe can ask`, "Say http://… or https://…", step)];
}

function lost(option: string, step: string, whose = "its"): Fault {
  return warningFault(
    `${whose} ${option} is lost: KServe has nothing like it for a step`,
    "See what the graph's timeout and the service itself do",
    step,
  );
}

/** The steps one after another, as far as each has one before it and one behind. */
function chainOf(steps: readonly StepDocument[]): StepDocument[] {
  const next = (name: string) =>
    steps.filter((step) =>
      step.after?.includes(name) || steps.find((one) => one.name === name)?.before?.includes(step.name)
    );
  const first = steps.filter(({ after = [], name }) =>
    after.length === 0 && !steps.some(({ before = [] }) => before.includes(name))
  );
  if (first.length !== 1) return [];
  const chain = [first[0]!];
  for (;;) {
    const [step, ...others] = next(chain.at(-1)!.name);
    if (step === undefined || others.length > 0 || chain.includes(step) || (step.after?.length ?? 0) > 1) {
      return others.length > 0 ? [] : chain;
    }
    chain.push(step);
  }
}
