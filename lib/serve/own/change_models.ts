import { describeThrown, isA, StatusError } from "../../errors.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import type { ServerView } from "./own_path.ts";

/** What can be done to a model. */
export type ModelChange = "load" | "unload";

/** A change that was asked for. */
export interface Changing {
  readonly done: Promise<void>;
  /** Nobody waits for it any more; tells whether it had begun: else it never will. */
  giveUp(): Promise<boolean>;
}

/** Has every process that shares the port load a model, or take it away. */
export type ChangeEverywhere = (name: string, act: ModelChange) => Changing;

/** Which model is changed how, and who waits for it. */
export interface ChangeWish {
  readonly name: string;
  readonly act: ModelChange;
  readonly signal: AbortSignal;
}

/**
 * Loads every version of a model, or the one of a key, or takes them away, in all processes that share the port; see `changeHere`. Waits no
 * longer than for other requests: a model may load for ever.
 */
export async function changeModels(server: ServerView, { name, act, signal }: ChangeWish): Promise<void> {
  modelsOf(server, name);
  const changing = server.changeEverywhere?.(name, act) ??
    { done: changeHere(server, name, act), giveUp: () => Promise.resolve(true) };
  const { door } = server;
  if (door === undefined) return await changing.done;
  const howFar = async () =>
    await changing.giveUp()
      ? `it is still being ${act}ed: ask the index`
      : "it has not begun, since another change of the model is under way, and never will";
  await door.inTime(changing.done, { signal, what: `${act}ing model "${name.slice(0, 100)}"`, howFar });
}

/**
 * Loads every version of a model, or the one of a key, or takes them away; all are tried before a failure is told.
 *
 * @throws {StatusError} 404 if there is none, 400 if one is no route of a router, else what loading failed with.
 */
export async function changeHere(
  server: Pick<ServerView, "models">,
  name: string,
  act: ModelChange,
): Promise<void> {
  const models = modelsOf(server, name);
  const fixed = models.find((model) => model[act] === undefined);
  if (fixed !== undefined) {
    throw new StatusError(400, `Cannot ${act} model "${fixed.key}": it is a step of a flow, not a route of a router`);
  }
  const results = await Promise.allSettled(models.map((model) => model[act]!()));
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    throw isA(reason, StatusError) ? reason : new StatusError(500, describeThrown(reason).message, { cause: reason });
  }
}

/**
 * Says that a model is loaded as its function declares it, where a caller sends other files or another configuration.
 *
 * @throws {StatusError} 400 if it does.
 */
export function refuseFiles(name: string, parameters: readonly string[]): void {
  const given = parameters.find((parameter) => parameter === "config" || parameter.startsWith("file:"));
  if (given === undefined) return;
  throw new StatusError(
    400,
    `Cannot load model "${name}" with ${given}: a model is loaded as its function declares it`,
  );
}

/** The models of a name, or of a key. */
export function modelsOf(server: Pick<ServerView, "models">, model: string): ServedModel[] {
  const all = server.models();
  const found = all.filter(({ key, name }) => key === model || name === model);
  if (found.length > 0) return found;
  const names = [...new Set(all.map(({ name }) => name))].join(", ");
  throw new StatusError(404, `Cannot find model "${model}": available models are ${names || "none"}`);
}
