import { oneLine } from "../../telemetry/one_line.ts";
import { isSecretName, redactText } from "../../redact_text.ts";
import { withoutValues } from "./env_changes.ts";

const LONGEST = 80;

/** A field that is to be another, in a line: `spec.replicas: 1 → 3`. A text whose name says that it is one to hide is not told. */
export function changedField(path: string, before: unknown, after: unknown): string {
  const isText = [before, after].some((value) => typeof value === "string" && value !== "");
  if (isText && isSecretName(path.split(".").at(-1)!)) return oneLine(`${path}: another`);
  return oneLine(`${path}: ${told(before)} → ${told(after)}`);
}

function told(value: unknown): string {
  if (value === undefined) return "none";
  const text = redactText(JSON.stringify(value, withoutValues));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} letters)` : text;
}
