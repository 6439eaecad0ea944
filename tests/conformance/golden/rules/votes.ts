/** Rules about how an ensemble votes that was not told how. */

import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { statusIs } from "./errors.ts";

/** Where members declare nothing, the first fraction shows that they give numbers, no classes. */
const FRACTIONS_ARE_AVERAGED: Rule = {
  name: "fractions-are-averaged",
  reason:
    "where nobody says how to vote, whole numbers are averaged once a member gave a fraction, in each worker and after each start anew, and warnings say so; MLRun counts classes for good where the first request gave whole numbers",
  judge(difference) {
    const given = answered(difference);
    const { graph, requests = [] } = difference.case;
    const build = graph?.build ?? [];
    const text = JSON.stringify(build);
    if (given === undefined || !text.includes("VotingEnsemble") || /"(vote_type|weights)"/.test(text)) return undefined;
    const factors = build.filter(({ call }) => call === "add_model").map(({ with: args }) => Number(args?.k));
    const before = requests.slice(0, requests.indexOf(given.request)).flatMap(({ body }) => inputsOf(body));
    if (factors.length === 0 || factors.some(Number.isNaN) || before.every(Number.isInteger)) return undefined;
    const mean = factors.reduce((sum, factor) => sum + factor, 0) / factors.length;
    const body = isRecord(given.answer.body) ? given.answer.body : {};
    return verdict(
      statusIs(200, given.answer),
      body.id === given.request.id ? undefined : "the reply does not say whose it is",
      valueDifference(inputsOf(given.request.body).map((input) => Number(input) * mean), body.outputs),
    );
  },
};

function inputsOf(body: unknown): readonly unknown[] {
  return isRecord(body) && Array.isArray(body.inputs) ? body.inputs : [];
}

/** The rules about votes. */
export const VOTE_RULES: readonly Rule[] = [FRACTIONS_ARE_AVERAGED];
