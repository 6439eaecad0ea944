import { describeThrown } from "../errors.ts";
import { redactText } from "../redact_text.ts";
import { type Span, STATUS_ERROR } from "./open_telemetry.ts";

/** Ends a span with what went wrong, without secrets: whoever keeps traces reads it. */
export function failSpan(span: Span, thrown: unknown): void {
  const { name, message, stack } = describeThrown(thrown);
  const told = new Error(redactText(message));
  told.name = name;
  told.stack = redactText(stack ?? `${name}: ${message}`);
  span.setStatus({ code: STATUS_ERROR, message: told.message });
  span.recordException(told);
  span.end();
}
