/** By the fake; LEVADA_NUCLIO_DASHBOARD has the same cases run against a real dashboard too, see tests/conformance/cluster. */

import { FakeNuclioDashboard } from "../../../../support/fake_nuclio_dashboard.ts";
import { NUCLIO_CASES } from "../../../../support/nuclio_contract.ts";

for (const { name, run } of NUCLIO_CASES) {
  Deno.test(`NuclioDeployment() at a fake dashboard: ${name}`, async () => {
    const fake = new FakeNuclioDashboard();
    await using server = fake.serve();
    await run({
      dashboard: server.url,
      good: ["levada/good:1", "levada/good:2"],
      missing: "levada/none:1",
      crash: "levada/crash:1",
      deadlineMs: 10_000,
    });
  });
}
