/** Answers what a library in the engine process asks about the notebook. V8 itself tells where a function is, and what it holds. */

import { ENGINE, type Question } from "./carried.ts";
import type { CdpClient } from "./cdp.ts";
import type { CellRuns } from "./cell_runs.ts";

/** What the answers are made of. */
export interface NotebookSources {
  readonly cdp: CdpClient;
  readonly runs: CellRuns;
  /** The URLs of scripts by their ids; filled when the debugger is enabled. */
  readonly scripts: ReadonlyMap<string, string>;
}

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** Scopes that every function sees. */
const SHARED = /^(Script|Global|Module)\b/;

/** Answers one question. */
export async function answerNotebook({ number, asks }: Question, sources: NotebookSources): Promise<void> {
  const { cdp, runs } = sources;
  try {
    await (asks === "cells" ? answer(cdp, number, runs.all) : locate(number, sources));
  } catch (error) { // whoever asks must not wait for ever
    const text = JSON.stringify(`Cannot answer what is asked of the notebook: ${error}`);
    await cdp.call("Runtime.evaluate", { expression: `${ENGINE}.notebook.fail(${number},${text})` });
  } finally {
    await cdp.call("Runtime.releaseObjectGroup", { objectGroup: groupOf(number) });
  }
}

async function locate(number: number, { cdp, runs, scripts }: NotebookSources): Promise<void> {
  const expression = `${ENGINE}.notebook.held(${number})`;
  const { result } = await cdp.call("Runtime.evaluate", { expression, objectGroup: groupOf(number) });
  const internal = await internalsOf(cdp, result.objectId!);
  const location = internal.get("[[FunctionLocation]]")?.value as Location | undefined;
  if (location === undefined) return await answer(cdp, number, null);
  const { scriptId, lineNumber, columnNumber } = location;
  if (!scripts.has(scriptId)) await readScripts(cdp);
  const place = runs.place({ url: scripts.get(scriptId) ?? "", line: lineNumber, column: columnNumber });
  const { exceptionDetails } = await cdp.call("Runtime.callFunctionOn", {
    functionDeclaration: `function(...scopes){${ENGINE}.notebook.located(${number},${
      JSON.stringify(place)
    },...scopes)}`,
    objectId: result.objectId!,
    arguments: await innerScopes(cdp, internal.get("[[Scopes]]")?.objectId),
  });
  if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
}

async function innerScopes(cdp: CdpClient, scopes: string | undefined): Promise<{ objectId: string }[]> {
  if (scopes === undefined) return [];
  const { result } = await cdp.call("Runtime.getProperties", { objectId: scopes, ownProperties: true });
  return result.flatMap(({ value }) =>
    value?.objectId === undefined || SHARED.test(value.description ?? "") ? [] : [{ objectId: value.objectId }]
  );
}

async function internalsOf(cdp: CdpClient, objectId: string) {
  const { internalProperties = [] } = await cdp.call("Runtime.getProperties", { objectId, ownProperties: true });
  return new Map(internalProperties.map(({ name, value }) => [name, value]));
}

/** The debugger tells every script there is when it is enabled; nothing pauses in the meantime. */
async function readScripts(cdp: CdpClient): Promise<void> {
  await cdp.call("Debugger.enable", {});
  await cdp.call("Debugger.setSkipAllPauses", { skip: true });
  await cdp.call("Debugger.disable", {});
}

/** What is looked at for one question is let go together; several may be asked at a time. */
function groupOf(number: number): string {
  return `levada.notebook.${number}`;
}

async function answer(cdp: CdpClient, number: number, value: unknown): Promise<void> {
  await cdp.call("Runtime.evaluate", { expression: `${ENGINE}.notebook.answer(${number},${JSON.stringify(value)})` });
}
