import { type DeployedState, type ProcessFunctionStatus, type SupervisedStatus, urlOf } from "./deployed_state.ts";

/** How a deployment is whose supervisor is gone. */
export function stoppedStatus(state: DeployedState): SupervisedStatus {
  return untold(state, {
    state: "stopped",
    supervisor: undefined,
    reason: `its supervisor is gone, as after a start of the machine; \`levada resume ${state.name}\` starts it again`,
  });
}

/** How a deployment is whose supervisor lives, and tells nothing. */
export function silentStatus(state: DeployedState, supervisor: number | undefined): SupervisedStatus {
  return untold(state, { state: "unknown", supervisor, reason: silence(supervisor, state.name) });
}

/** What can be done about a supervisor that lives and does not answer. */
export function silence(pid: number | undefined, name: string): string {
  if (pid === undefined) return "its supervisor lives, and does not answer: what runs, runs on unwatched";
  return `its supervisor, process ${pid}, lives, and does not answer: what runs, runs on unwatched. ` +
    `Where it was stopped, \`kill -CONT ${pid}\` has it go on; \`kill -KILL ${pid}\` ends all, then \`levada resume ${name}\` starts it again`;
}

function untold(
  { name, revision, previous, deployedAt, functions }: DeployedState,
  how: Pick<SupervisedStatus, "supervisor" | "reason"> & Pick<ProcessFunctionStatus, "state">,
): SupervisedStatus {
  return {
    name,
    revision,
    previous,
    deployedAt,
    target: "process",
    ...how,
    url: urlOf(functions[0]!),
    functions: functions.map((one) => ({
      ...one,
      url: urlOf(one),
      state: how.state,
      serving: 0,
      pids: [],
      restarts: 0,
      reason: undefined,
    })),
  };
}
