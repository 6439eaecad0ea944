/** Fakes of the places that models run in, for what a real one cannot be held at: the moment between two orders. */

import type { Context } from "../../lib/graph/context.ts";
import type { ModelHome, Report } from "../../lib/models/host/message.ts";
import type { OpenPlace } from "../../lib/models/host/place.ts";
import { SYSTEM_CLOCK } from "../../lib/flow/system_clock.ts";

/** A place that writes down its orders, and reports what a test says; only that a model is loaded it reports itself. */
export interface FakePlace {
  readonly orders: string[];
  report(report: Report): void;
  /** Ends as a place does that crashes. */
  end(why: string): void;
  /** Lets the last of it go. */
  go(): void;
}

/** How fakes behave. */
export interface FakeOptions {
  /** Whether something is left of a place that has ended, until `go` is called. Default: false. */
  readonly lingers?: boolean;
  /** Whether a model is loaded when it is asked for, in which of the places. Default: in all. */
  readonly loads?: (place: number) => boolean;
}

/** Opens fakes. */
export function fakePlaces(
  { lingers = false, loads = () => true }: FakeOptions = {},
): { open: OpenPlace; places: FakePlace[] } {
  const places: FakePlace[] = [];
  const told = { facts: { platform: "fake", inputs: [], outputs: [] }, signature: { inputs: [], outputs: [] } };
  const open: OpenPlace = (listener) => {
    const index = places.length;
    const orders: string[] = [];
    const gone = Promise.withResolvers<void>();
    const end = (why: string) => {
      if (!lingers) gone.resolve();
      listener.ended(why);
    };
    places.push({ orders, report: (report) => listener.report(report), end, go: () => gone.resolve() });
    return {
      gone: gone.promise,
      kill() {
        orders.push("kill");
        queueMicrotask(() => end("it was killed"));
      },
      post(order) {
        orders.push(
          order.kind === "open"
            ? `open ${order.home.key}`
            : order.kind === "close"
            ? "close"
            : `${order.kind} ${order.kind === "drop" ? order.model : order.ask}`,
        );
        if (order.kind === "close") queueMicrotask(() => listener.report({ kind: "closed" }));
        if (order.kind !== "open" || !loads(index)) return;
        const { model } = order;
        queueMicrotask(() => listener.report({ kind: "opened", model, told: { ...told, takesAndGives: {} } }));
      },
    };
  };
  return { open, places };
}

/** Where a model is that no place makes. */
export function homeOf(key: string): ModelHome {
  return {
    key,
    module: "data:text/javascript,",
    exportName: "None",
    args: {},
    function: "f",
    isMock: false,
    timeLimitMs: 60_000,
    params: new Map(),
    unsent: new Map(),
  };
}

/** A context of which a host asks for little. */
export function hostContext(step: string): Context {
  return {
    step,
    function: "f",
    isMock: false,
    signal: new AbortController().signal,
    given: {},
    clock: SYSTEM_CLOCK,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    state: new Map(),
    param: (_name: string, fallback?: unknown) => fallback as never,
    table() {
      throw new TypeError("There are no tables here");
    },
    metric() {},
    pushError() {},
  };
}
