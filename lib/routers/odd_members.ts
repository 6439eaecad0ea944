/** The member whose answer fits no other's. */

import { ShapeError } from "../errors.ts";

/** What can be voted on, and by whom. */
interface Weighed {
  readonly member: string;
  readonly weight: number;
}

/** A vote, and whose answers it is not of. */
export interface Voted<Answer, Result> {
  readonly result: Result;
  readonly ballots: readonly Answer[];
  /** Why others' answers were left out, by member. */
  readonly odd: readonly { readonly member: string; readonly error: unknown }[];
}

/**
 * Votes; where the answers do not fit together (other numbers of rows, text beside numbers), on those of the heaviest group whose answers
 * do, without the others.
 *
 * @throws What the vote throws where no group is heavier than every other: nobody could say who is wrong.
 */
export function voteWithoutOdd<Answer extends Weighed, Result>(
  ballots: readonly Answer[],
  voteOn: (ballots: readonly Answer[]) => Result,
): Voted<Answer, Result> {
  try {
    return { result: voteOn(ballots), ballots, odd: [] };
  } catch (error) {
    if (!(error instanceof ShapeError || error instanceof TypeError)) throw error;
    const group = heaviestGroup(ballots, voteOn);
    if (group === undefined) throw error;
    const odd = ballots.filter((ballot) => !group.includes(ballot))
      .map((ballot) => ({ member: ballot.member, error: clash(group[0]!, ballot, voteOn) }));
    return { result: voteOn(group), ballots: group, odd };
  }
}

function heaviestGroup<Answer extends Weighed>(
  ballots: readonly Answer[],
  voteOn: (ballots: readonly Answer[]) => unknown,
): readonly Answer[] | undefined {
  const groups: Answer[][] = [];
  for (const ballot of ballots) {
    if (clash(ballot, ballot, voteOn) !== undefined) continue; // fits nobody, not even itself
    const group = groups.find(([first]) => clash(first!, ballot, voteOn) === undefined);
    if (group === undefined) groups.push([ballot]);
    else group.push(ballot);
  }
  const weightOf = (group: readonly Answer[]) => group.reduce((sum, { weight }) => sum + weight, 0);
  const [heaviest, next] = groups.sort((one, other) => weightOf(other) - weightOf(one));
  if (heaviest === undefined || weightOf(heaviest) <= 0) return undefined;
  return next === undefined || weightOf(heaviest) - weightOf(next) > 1e-9 ? heaviest : undefined;
}

/** Why two cannot be voted on together; undefined where they can. */
function clash<Answer extends Weighed>(
  one: Answer,
  other: Answer,
  voteOn: (ballots: readonly Answer[]) => unknown,
): unknown {
  try {
    voteOn([one, other].map((ballot) => ({ ...ballot, weight: 1 })));
    return undefined;
  } catch (error) {
    return error;
  }
}
