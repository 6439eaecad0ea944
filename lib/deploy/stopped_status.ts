import { type DeployedState, type SupervisedStatus, urlOf } from "./deployed_state.ts";

/** How a deployment is whose supervisor does not run; or does not answer, where it is alive: nobody knows what runs then. */
export function stoppedStatus(
  { functions, levada: _, ...deployed }: DeployedState,
  silent: number | undefined,
): SupervisedStatus {
  const state = silent === undefined ? "stopped" : "failing";
  const again = `\`levada resume ${deployed.name}\` starts it again`;
  const reason = silent === undefined
    ? `its supervisor is gone, as after a start of the machine; ${again}`
    : `its supervisor, process ${silent}, does not answer. Where it stays so, end that process; then ${again}`;
  return {
    ...deployed,
    target: "process",
    state,
    reason,
    url: urlOf(functions[0]!),
    supervisor: undefined,
    functions: functions.map((one) => ({
      ...one,
      url: urlOf(one),
      state,
      serving: 0,
      pids: [],
      restarts: 0,
      reason: undefined,
    })),
  };
}
