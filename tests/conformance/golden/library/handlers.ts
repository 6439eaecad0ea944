/** The handlers that cases name, as functions of the body. */

import type { Context } from "levada";
import { enrichEntities, extractEntities, loadUrl, myprint, toParagraphs } from "./nlp.ts";
import { add, field, isTrue, jsonText, number, times, ValueError } from "./python.ts";

type Body = Record<string, unknown>;

/** Bodies in, bodies out, by the name that cases use. */
export const HANDLERS: Readonly<Record<string, (body: never, context: Context) => unknown>> = {
  identity: (x: unknown) => x,
  add1: (x: unknown) => add(x, 1),
  add2: (x: unknown) => add(x, 2),
  add3: (x: unknown) => add(x, 3),
  add10: (x: unknown) => add(x, 10),
  mul2: (x: unknown) => times(x, 2),
  mul3: (x: unknown) => times(x, 3),
  mul10: (x: unknown) => times(x, 10),
  mul100: (x: unknown) => times(x, 100),
  to_json: jsonText,
  upper: (x: string) => x.toUpperCase(),
  swap_pair: (x: unknown[]) => [x[1], x[0]],
  range3: (x: number) => [x, x + 1, x + 2],
  times_1_10: (x: number) => [x, 10 * x],
  pair: (x: unknown) => [x, x],
  lt3: (x: unknown) => number(x) < 3,
  gt3: (x: unknown) => number(x) > 3,
  is_even: (x: unknown) => number(x) % 2 === 0,
  not_none: (x: unknown) => x !== null,
  truthy: isTrue,
  const_tag: () => ({ tag: "something" }),
  square_of_n: (x: unknown) => ({ sq: number(field(x, "n")) ** 2 }),
  set_seen,
  add_acc: add,
  sum_list: (x: number[]) => x.reduce((total, item) => total + item, 0),
  none_: () => null,
  zero: () => 0,
  empty_list: () => [],
  empty_string: () => "",
  raise_value: raises("boom"),
  raise_key: (x: unknown) => field(x, "no_such_key"),
  raise_if_negative(x: unknown) {
    if (number(x) < 0) throw new RangeError(`negative: ${x}`);
    return x;
  },
  raise_if_bad(x: Body | null) {
    if (isTrue(x?.bad)) throw new Error("bad input");
    return x;
  },
  ctx_mul2(x: unknown, { state }: Context) {
    state.set("visits", visitsOf(state) + 1);
    return times(x, 2);
  },
  ctx_visits: (x: unknown, { state }: Context) => ({ x, visits: visitsOf(state) }),
  ctx_param: (x: unknown, context: Context) => ({ x, p: context.param("p", "default") }),
  teapot: () =>
    new Response("short and stout", { status: 418, headers: { "content-type": "text/x-tea", "X-Pot": "1" } }),
  created_json: (x: unknown) => Response.json({ made: x }, { status: 201, headers: { Location: "/things/1" } }),
  async_add1: async (x: unknown) => add(await Promise.resolve(x), 1),
  async_raise: () => Promise.reject(new Error("async boom")),
  add_processed: (x: unknown) => `${x}_processed`,
  append_x: (x: unknown) => add(x, ["x"]),
  append_y: (x: unknown) => add(x, ["y"]),
  put_a: (x: Body) => ({ ...x, a: 1 }),
  put_b: (x: Body) => ({ ...x, b: 2 }),
  first_inputs: (x: unknown) => (field(x, "inputs") as unknown[])[0],
  catch_body: (x: unknown) => ({ handled: x }),
  keep: (x: unknown) => x,
  child_ab: () => ({ a: 1, b: 2 }),
  child_c: () => ({ c: 7 }),
  child_mul: (x: unknown) => ({ mul: times(field(x, "x"), 2) }),
  child_raise: raises("child failed"),
  child_list: () => [1, 2],
  even_col: (x: unknown) => number(field(x, "col1")) % 2 === 0,
  by_col1: (x: unknown) => field(x, "col1"),
  raise_at_5: (x: unknown) => x === 5 ? fail("this is 5") : x,
  raise_at_7: (x: unknown) => x === 7 ? fail("this is 7") : x,
  async async_sleep_add1(x: unknown) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return add(x, 1);
  },
  load_url: loadUrl,
  to_paragraphs: toParagraphs,
  extract_entities: extractEntities,
  enrich_entities: enrichEntities,
  call_params: (body: unknown, { given }: Context) => ({ body, params: given }),
  reply_echo: (_body: unknown, { given }: Context) => ({ a: 1, b: { c: [10, 20] }, got: given }),
  myprint,
};

/** Handlers that remember what they were called with, so that each graph gets its own. */
export const MADE_HANDLERS: Readonly<Record<string, () => (body: unknown) => unknown>> = { fail_twice: failTwice };

/** Expressions of a body, by the Python that cases write them in. */
export const EXPRESSIONS: typeof HANDLERS = {
  "(event)": HANDLERS.identity!,
  "(event + 1)": HANDLERS.add1!,
  "(event + 10)": HANDLERS.add10!,
  "(event * 2)": HANDLERS.mul2!,
  '({"tag": "something"})': HANDLERS.const_tag!,
  "(event is not None)": HANDLERS.not_none!,
  "event['key']": (x: unknown) => field(x, "key"),
};

function visitsOf(state: Map<string, unknown>): number {
  return Number(state.get("visits") ?? 0);
}

function set_seen(x: Body): Body {
  x.seen = true;
  return x;
}

function fail(message: string): never {
  throw new ValueError(message);
}

function failTwice(): (x: unknown) => unknown {
  const attempts = new Map<unknown, number>();
  return (x) => {
    const attempt = (attempts.get(x) ?? 0) + 1;
    attempts.set(x, attempt);
    return attempt < 3 ? fail(`attempt ${attempt}`) : [x, 3];
  };
}

function raises(message: string): () => never {
  return () => fail(message);
}
