import type { DeployTarget } from "../deploy/deploy_options.ts";
import { unlessGivenUp } from "../deploy/unless_given_up.ts";
import type { CommandContext } from "./command.ts";
import { say } from "./say.ts";
import { endAtOnce } from "./until_asked.ts";

/** What a command changes where something is deployed. */
export interface ChangeWish<Value> {
  readonly target: DeployTarget;
  /** Hears the context's signal, but for the target `process`: there a supervisor does it. */
  readonly work: () => Promise<Value>;
  /** What becomes of it when it is given up. */
  readonly givenUp: string;
  /** How it is left when it is ended at once. */
  readonly ended: string;
}

/** Changes something; who gives it up waits until what runs is as it is told, and who does so once more waits for nothing. */
export async function untilGivenUp<Value>(
  { signal, terminal }: CommandContext,
  { target, work, givenUp, ended }: ChangeWish<Value>,
): Promise<Value> {
  const isOthers = target === "process";
  const tell = () => {
    if (isOthers) return say(terminal.err, `No longer waited for: ${ended}\n`);
    setTimeout(() => { // who begins to listen while a signal is told hears that one too
      endAtOnce(() => say(terminal.err, `Ended at once: ${ended}\n`));
      say(terminal.err, `Given up: ${givenUp}. Once more ends this at once …\n`);
    });
  };
  signal.addEventListener("abort", tell, { once: true });
  try {
    return isOthers ? await unlessGivenUp(signal, work()) : await work();
  } finally {
    signal.removeEventListener("abort", tell);
  }
}
