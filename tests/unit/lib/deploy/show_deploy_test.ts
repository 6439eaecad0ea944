import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { deployBundle } from "../../../../lib/deploy/deploy_bundle.ts";
import { showDeploy } from "../../../../lib/deploy/show_deploy.ts";
import { FakeNuclioDashboard } from "../../../support/fake_nuclio_dashboard.ts";
import { plainBundle } from "../../../support/nuclio_contract.ts";

/** What a notebook would show, display by display. */
function shown() {
  const displays = new Map<string, string>();
  const broadcast = (type: string, content: object) => {
    const { data, transient: { display_id: id } } = content as {
      data: Record<string, string>;
      transient: { display_id: string };
    };
    strictEqual(type, displays.has(id) ? "update_display_data" : "display_data");
    displays.set(id, data["text/plain"]!);
  };
  return { broadcast, lines: () => [...displays.values()].map((line) => line.replace(/ {2}\d+ s( of \d+ s)?$/, "")) };
}

const WISH = { name: "iris", target: "nuclio", deadlineMs: undefined } as const;
const READY = "✓  iris  ready  1 of 1 pod, http://nuclio-iris.nuclio.svc.cluster.local:8080";

Deno.test("showDeploy() shows what is done with a deployment later in displays of their own; what has ended stays as it ended", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  const { broadcast, lines } = shown();
  const deploy = (revision: string, image: string) =>
    showDeploy(
      { ...WISH, isDry: false },
      (show) => deployBundle(plainBundle("iris", revision), { target: "nuclio", dashboard: server.url, image, show }),
      {
        broadcast,
      },
    );
  await deploy("aaaaaaaaaaaa", "levada/good:1");
  deepStrictEqual(lines(), [READY], "making its bundle, and deploying it, is one");
  const second = await deploy("bbbbbbbbbbbb", "levada/good:2");
  deepStrictEqual(lines(), [READY, READY]);
  strictEqual((await second.rollback()).revision, "aaaaaaaaaaaa");
  deepStrictEqual(lines(), [READY, READY, READY]);
  fake.images["levada/good:2"] = "crashes";
  await rejects(second.rollback(), /is unhealthy/);
  deepStrictEqual(lines().slice(0, 3), [READY, READY, READY]);
  match(lines()[3]!, /^✗ {2}iris {2}not ready/);
});

Deno.test("showDeploy() of a plan shows nothing until that is applied", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  const { broadcast, lines } = shown();
  const options = { target: "nuclio", dashboard: server.url, image: "levada/good:1", dryRun: true } as const;
  const deployment = await showDeploy(
    { ...WISH, isDry: true },
    (show) => deployBundle(plainBundle("iris", "aaaaaaaaaaaa"), { ...options, show }),
    { broadcast },
  );
  await deployment.plan();
  deepStrictEqual(lines(), []);
  await deployment.apply();
  deepStrictEqual(lines(), [READY]);
  await deployment.apply();
  deepStrictEqual(lines(), [READY, "✓  iris  runs as it is wished"]);
});
