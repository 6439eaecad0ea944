import { describeThrown, isA } from "../../errors.ts";
import type { HttpServer } from "../../serve/port/listen.ts";
import { CommandError } from "../command.ts";

/** Closes a server; what could not be answered in the grace, or closed, is told in a sentence. */
export async function closeServed(server: HttpServer): Promise<void> {
  try {
    await server.close();
  } catch (error) {
    if (!isA(error, AggregateError)) throw error;
    const reasons = error.errors.map((reason) => describeThrown(reason).message).join("; ");
    throw new CommandError(`Cannot end as it should: ${reasons}`, { cause: error });
  }
}
