import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { FlowEvent } from "levada";
import { joinInstruments, traceHeaders } from "../../../../lib/flow/instruments.ts";

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

Deno.test("traceHeaders() are the event's own W3C headers, where no instruments say others", () => {
  const event = new FlowEvent(1, { headers: { traceparent: TRACE, tracestate: "a=1", cookie: "x" } });
  deepStrictEqual(traceHeaders(event, "asks"), { traceparent: TRACE, tracestate: "a=1" });
  deepStrictEqual(traceHeaders(new FlowEvent(1), "publishes"), {});
  deepStrictEqual(traceHeaders(event, "asks", { metric() {} }), { traceparent: TRACE, tracestate: "a=1" });
  deepStrictEqual(traceHeaders(event, "asks", { traceHeaders: () => ({}) }), {});
});

Deno.test("joinInstruments() puts one around the other, and tells each", () => {
  const told: string[] = [];
  const one = (name: string) => ({
    step: (operator: { process(event: FlowEvent): FlowEvent }) => ({
      process(event: FlowEvent) {
        told.push(name);
        return operator.process(event);
      },
    }),
    metric: (what: string) => void told.push(`${name} ${what}`),
    model: <Answer>(_question: unknown, answer: () => Answer): Answer => {
      told.push(`${name} model`);
      return answer();
    },
  });
  strictEqual(joinInstruments([]), undefined);
  // deno-lint-ignore no-explicit-any -- operators here only process
  const both = joinInstruments([one("inner") as any, one("outer") as any])!;
  const step = both.step!({ process: (event) => event }, { step: "s", function: "f" });
  step.process(new FlowEvent(1));
  both.metric!("hits", 1, { step: "s", function: "f" });
  strictEqual(
    both.model!({ step: "s", function: "f", model: "m", operation: "", event: new FlowEvent(1) }, () => 7),
    7,
  );
  deepStrictEqual(told, ["outer", "inner", "inner hits", "outer hits", "outer model", "inner model"]);
});
