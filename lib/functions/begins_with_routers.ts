import type { Plan } from "../graph/compile.ts";

/** Whether every event enters routers first: no other step sees a request as it came. */
export function beginsWithRouters({ starts, steps }: Plan): boolean {
  return starts.length > 0 && starts.every((index) => steps[index]!.definition.takesRoutes === true);
}
