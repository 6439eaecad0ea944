import { redactText } from "../../redact_text.ts";
import type { NuclioStatus } from "./nuclio_function.ts";

const MOST_LETTERS = 600;
const WARNINGS = "* Warning events:";

/** What an answer says went wrong: its `error`, never the stack of Go that comes along; else its text, cut. */
export function failureIn(text: string): string {
  const said = errorOf(text) ?? text.replaceAll(/<[^<>]*>/g, " ");
  return shown(said.replaceAll(/\s+/g, " "));
}

/**
 * Why a function is not ready, as far as Nuclio tells: what the pods' warning events say, which it hides in a line of the log, else its
 * message, without its stacks of Go.
 */
export function failureOf({ message = "", logs = [] }: NuclioStatus): string {
  const texts = [message, ...[...logs].reverse().flatMap(({ err, message }) => [err, message])]
    .filter((text) => typeof text === "string");
  const warned = texts.map(warningsIn).find((text) => text !== "");
  return shown(warned ?? withoutStack(message));
}

/** Whether Nuclio has said by now what it is that keeps a function from being ready: at first it tells of a deadline alone. */
export function isTold({ message = "", logs = [] }: NuclioStatus): boolean {
  const hasStack = /^\s*Error - /.test(message);
  return message !== "" && !hasStack || logs.some(({ err }) => typeof err === "string" && warningsIn(err) !== "");
}

function warningsIn(text: string): string {
  const at = text.indexOf(WARNINGS);
  if (at < 0) return "";
  const lines = text.slice(at + WARNINGS.length).split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !isPlace(line) && !line.startsWith("* ")).join("; ");
}

/** Go's errors are told twice, by causes and by places: the first cause is what is meant. */
function withoutStack(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !isPlace(line));
  const end = lines.indexOf("Call stack:");
  const told = (end < 0 ? lines : lines.slice(0, end)).map((line) => line.replace(/^Error - /, ""));
  return [...new Set(told)].filter((line) => line !== "" && !/^NuclioFunction in unhealthy state:$/.test(line)).join(
    "; ",
  );
}

function isPlace(line: string): boolean {
  return /^\S+\.go:\d+$/.test(line);
}

function errorOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? withoutStack(error) : undefined;
  } catch {
    return undefined;
  }
}

function shown(text: string): string {
  const hidden = redactText(text.trim());
  return hidden.length > MOST_LETTERS ? `${hidden.slice(0, MOST_LETTERS)}…` : hidden;
}
