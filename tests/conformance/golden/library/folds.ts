/** The functions of two arguments that cases name: folds, maps with a state, joins. */

import { add, isTrue, ValueError } from "./python.ts";

/** What came before or from elsewhere, and the body, by the name that cases use; `swap_state` and `join_raise` get the body first. */
export const FOLDS: Readonly<Record<string, (one: never, other: never) => unknown>> = {
  add_up: add as (one: never, other: never) => unknown,
  append_and_return: (list: unknown[], x: unknown) => [...list, x],
  append_err: (names: unknown[], event: { error?: { name: string } }) => [...names, event.error?.name ?? null],
  swap_state: (x: unknown, state: unknown) => [state, x],
  join_raise(x: object, row: object | null | undefined) {
    if (!isTrue(row ?? {})) throw new ValueError("no row");
    return { ...x, ...row };
  },
};
