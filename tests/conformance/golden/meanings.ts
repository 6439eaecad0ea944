/** What the names in a case mean: our table of the golden library. */

import { CLASSES } from "./library/classes.ts";
import { EVENT_HANDLERS } from "./library/event_handlers.ts";
import { FOLDS } from "./library/folds.ts";
import { EXPRESSIONS, HANDLERS, MADE_HANDLERS } from "./library/handlers.ts";
import { MODELS } from "./library/models.ts";
import { Boom, Inc, NoPred, sel } from "./library/runner_models.ts";
import { STREAMS } from "./library/streams.ts";

/** Models and selectors of the model runner. */
const RUNNER_MODELS: Readonly<Record<string, unknown>> = { Inc, Boom, NoPred, Sel: sel };

/** A handler by its name or expression; undefined where there is none of that name. */
export function handlerOf(name: string): unknown {
  const make = own(MADE_HANDLERS, name);
  if (typeof make === "function") return make();
  return own(HANDLERS, name) ?? own(EXPRESSIONS, name) ?? own(EVENT_HANDLERS, name) ??
    own(FOLDS, name) ?? own(STREAMS, name);
}

/** A class by its name, and the method that it is entered by; undefined where there is none. */
export function classOf(name: string, method?: string): unknown {
  const full = method === undefined || method === "do" ? name : `${name}.${method}`;
  return own(CLASSES, full) ?? own(MODELS, full) ?? own(RUNNER_MODELS, full);
}

/** Every name that has a meaning here. */
export function knownNames(): string[] {
  return [MADE_HANDLERS, HANDLERS, EXPRESSIONS, EVENT_HANDLERS, FOLDS, STREAMS, CLASSES, MODELS, RUNNER_MODELS]
    .flatMap((
      table,
    ) => Object.keys(table));
}

function own(table: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
