/** Fakes of the places that models run in, for what a real one cannot be held at: the moment between two orders. */

import type { Context } from "../../lib/graph/context.ts";
import type { ModelHome, Report } from "../../lib/models/host/message.ts";
import type { OpenPlace } from "../../lib/models/host/place.ts";
import { SYSTEM_CLOCK } from "../../lib/flow/system_clock.ts";

/** A place that writes down its orders, and reports what a test says; only that a model is loaded it reports itself. */
export interface FakePlace {
  readonly orders: string[];
  report(report: Report): void;
}

/** Opens fakes. */
export function fakePlaces(): { open: OpenPlace; places: FakePlace[] } {
  const places: FakePlace[] = [];
  const told = { facts: { platform: "fake", inputs: [], outputs: [] }, signature: { inputs: [], outputs: [] } };
  const open: OpenPlace = (listener) => {
    const orders: string[] = [];
    places.push({ orders, report: (report) => listener.report(report) });
    return {
      gone: Promise.resolve(),
      kill() {},
      post(order) {
        orders.push(
          order.kind === "open"
            ? `open ${order.home.key}`
            : order.kind === "close"
            ? "close"
            : `${order.kind} ${order.ask}`,
        );
        if (order.kind !== "open") return;
        const { key } = order.home;
        queueMicrotask(() => listener.report({ kind: "opened", key, told: { ...told, takesAndGives: {} } }));
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
