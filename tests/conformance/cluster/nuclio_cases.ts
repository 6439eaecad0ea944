import { lackOfNuclio, startNuclio } from "../../support/nuclio/nuclio_lab.ts";
import { NUCLIO_CASES, type NuclioLab } from "../../support/nuclio_contract.ts";
import type { ClusterCase } from "./cluster_case.ts";

const DEADLINE_MS = 60_000;
const GIVEN = Deno.env.get("LEVADA_NUCLIO_DASHBOARD");

/** What the fake is believed to do, at a real dashboard: one that is named by its URL, else one that is built from a checkout. */
export const REAL_NUCLIO_CASES: readonly ClusterCase[] = [{
  name: `the contract of target nuclio at a real dashboard, ${NUCLIO_CASES.length} cases`,
  lack: () => GIVEN === undefined ? lackOfNuclio() : Promise.resolve(undefined),
  async run(cluster) {
    if (GIVEN !== undefined) return await runAll(given(GIVEN));
    await using nuclio = await startNuclio(cluster);
    await runAll({
      dashboard: nuclio.dashboard,
      namespace: nuclio.namespace,
      good: ["levada/good:1", "levada/good:2"],
      missing: "levada/none:1",
      crash: "levada/crash:1",
      deadlineMs: DEADLINE_MS,
    });
  },
}];

/** Images of whoever names a dashboard: two that serve by Nuclio's health contract, and one whose program ends at once. */
function given(dashboard: string): NuclioLab {
  const image = (name: string) => {
    const said = Deno.env.get(`LEVADA_NUCLIO_${name}`);
    if (said === undefined) throw new Error(`LEVADA_NUCLIO_DASHBOARD is set, and LEVADA_NUCLIO_${name} names no image`);
    return said;
  };
  return {
    dashboard,
    good: [image("IMAGE"), image("OTHER_IMAGE")],
    missing: "levada.invalid/none:1",
    crash: image("CRASHING_IMAGE"),
    deadlineMs: DEADLINE_MS * 2,
  };
}

/** Two at a time: a dashboard asks its API server no more than five things a second. */
async function runAll(lab: NuclioLab): Promise<void> {
  const errors: string[] = [];
  const left = [...NUCLIO_CASES];
  const lane = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const start = performance.now();
      const error = await one.run(lab).then(() => undefined, (error: Error) => error);
      const took = ((performance.now() - start) / 1_000).toFixed(1);
      console.log(`  ${error === undefined ? "pass" : "fail"} ${one.name} (${took} s)`);
      if (error !== undefined) errors.push(`${one.name}: ${error.stack}`);
    }
  };
  await Promise.all([lane(), lane()]);
  if (errors.length > 0) throw new Error(errors.join("\n"));
}
