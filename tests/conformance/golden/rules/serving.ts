/** Rules about what the server and the models of the library answer by themselves. */

import { errorShape } from "../compare.ts";
import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { recordedError, statusIs } from "./errors.ts";

/** Paths that are the server's, whatever the graph is. */
const OWN_PATHS = ["/metrics"];

/** What the server answers by itself. */
const OWN_PATHS_ARE_THE_SERVERS: Rule = {
  name: "own-paths-are-the-servers",
  reason:
    "the server's own paths are answered by it, without the graph: 404 where it does not measure; in MLRun they are the graph's, which fails",
  judge(difference) {
    const { asked, aspect } = difference;
    if (asked === undefined || !OWN_PATHS.includes(asked.request.path)) return undefined;
    if (aspect === "trace") {
      return verdict(asked.trace.length === 0 ? undefined : `it entered ${asked.trace.join(" ")}`);
    }
    const given = answered(difference);
    if (given === undefined || given.request.method === "HEAD") return undefined; // as GET is, see head-is-get
    return verdict(statusIs(404, given.answer), errorShape(given.request, given.answer));
  },
};

/** No rows. */
const NO_ROWS_ARE_NO_OUTPUTS: Rule = {
  name: "no-rows-are-no-outputs",
  reason: "a model that is asked about no rows answers with no outputs; MLRun's fails in scikit-learn",
  judge(difference) {
    const given = answered(difference);
    const body = given?.request.body;
    if (given === undefined || !isRecord(body) || JSON.stringify(body.inputs) !== "[]") return undefined;
    if (recordedError(given.request, 400)?.startsWith("ValueError: Expected 2D array") !== true) return undefined;
    return verdict(
      statusIs(200, given.answer),
      valueDifference([], isRecord(given.answer.body) ? given.answer.body.outputs : undefined),
    );
  },
};

/** The rules about serving. */
export const SERVING_RULES: readonly Rule[] = [OWN_PATHS_ARE_THE_SERVERS, NO_ROWS_ARE_NO_OUTPUTS];
