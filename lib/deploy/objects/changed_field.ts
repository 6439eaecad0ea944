import { isSecretName, redactText } from "../../redact_text.ts";

const LONGEST = 80;

/** A field that is to be another, in a line: `spec.replicas: 1 → 3`. A value of a variable whose name says that it is one to hide is not told. */
export function changedField(path: string, before: unknown, after: unknown): string {
  const variable = /\.env\[([^\]]+)\]\.value$/.exec(path)?.[1];
  if (variable !== undefined && isSecretName(variable)) return `${path}: another`;
  return `${path}: ${told(before)} → ${told(after)}`;
}

function told(value: unknown): string {
  if (value === undefined) return "none";
  const text = redactText(JSON.stringify(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} letters)` : text;
}
