import { type DeployedState, type SupervisedStatus, urlOf } from "./deployed_state.ts";

/** How a deployment is whose supervisor does not run. */
export function stoppedStatus({ functions, levada: _, ...state }: DeployedState): SupervisedStatus {
  const reason =
    `its supervisor is gone, as after a start of the machine; \`levada resume ${state.name}\` starts it again`;
  return {
    ...state,
    target: "process",
    state: "stopped",
    reason,
    url: urlOf(functions[0]!),
    supervisor: undefined,
    functions: functions.map((one) => ({
      ...one,
      url: urlOf(one),
      state: "stopped",
      serving: 0,
      pids: [],
      restarts: 0,
      reason: undefined,
    })),
  };
}
