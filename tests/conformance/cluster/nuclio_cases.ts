import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeBundle } from "../../../lib/bundle/bundle_folder.ts";
import { bundleModule } from "../../../lib/bundle/make_bundle.ts";
import { NuclioDeployment } from "../../../lib/deploy/nuclio/nuclio_deployment.ts";
import type { Cluster } from "../../support/cluster/cluster.ts";
import { lackOfNuclio, type RunningNuclio, startNuclio } from "../../support/nuclio/nuclio_lab.ts";
import { NUCLIO_CASES, type NuclioLab, plainBundle } from "../../support/nuclio_contract.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { until } from "../../support/until.ts";
import type { ClusterCase } from "./cluster_case.ts";

const DEADLINE_MS = 120_000;
const GIVEN = Deno.env.get("LEVADA_NUCLIO_DASHBOARD");
const MAIN = fileURLToPath(new URL("../../../lib/cli/main.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../../../deno.lock", import.meta.url));

/** What the fake is believed to do, at a real dashboard: one that is named by its URL, else one that is built from a checkout. */
export const REAL_NUCLIO_CASES: readonly ClusterCase[] = [
  ...NUCLIO_CASES.map(({ name, run }): ClusterCase => ({
    name: `at a real dashboard: ${name}`,
    lack,
    run: async (cluster) => await run(GIVEN === undefined ? built(await running(cluster)) : given(GIVEN)),
  })),
  {
    name:
      "at a real dashboard, with a kubeconfig: an image that nobody has is known by its pod long before Nuclio gives up",
    lack: async () => GIVEN === undefined ? await lackOfNuclio() : "nobody says which cluster the dashboard is in",
    run: looksAtPods,
  },
  {
    name: "a bundle runs as a real function, answers, and is replaced under load without a failed request",
    lack: async () =>
      GIVEN === undefined ? await lackOfNuclio() : "the dashboard that is named has not the tests' node",
    run: runsBundles,
  },
];

async function looksAtPods(cluster: Cluster): Promise<void> {
  const { dashboard, namespace } = await running(cluster);
  const place = { dashboard, namespace, kubeconfig: cluster.kubeconfig, deadlineMs: DEADLINE_MS };
  const bundle = plainBundle("k3-seen", "aaaaaaaaaaaa");
  const told: number[] = [];
  const startMs = performance.now();
  await rejects(
    new NuclioDeployment("k3-seen", {
      ...place,
      image: "levada/none:1",
      bundle,
      onProgress: ({ state }) => state === "returning" && told.push(performance.now() - startMs),
    }).apply(),
    /function "k3-seen" is not ready: its image cannot be had \(\w+\): .*levada\/none:1/,
  );
  ok(told[0]! < DEADLINE_MS / 4, `it was known after ${told[0]} ms`);
  await rejects(new NuclioDeployment("k3-seen", place).status(), /Nuclio has no function of it/);
}

async function runsBundles(cluster: Cluster): Promise<void> {
  const { dashboard, namespace } = await running(cluster);
  await using folder = await temporaryFolder();
  const bundles = await Promise.all([2, 3].map(async (factor) => {
    const module = join(folder.path, `times_${factor}.ts`);
    await Deno.writeTextFile(
      module,
      `import { serving } from "levada";
const fn = serving("k3-real");
fn.setTopology("flow").to("times", (n: number) => n * ${factor}).respond();
export default fn;
`,
    );
    const bundle = await bundleModule(pathToFileURL(module));
    const path = join(folder.path, `bundle_${factor}`);
    await writeBundle(bundle, path);
    const argv = ["deno", "run", "-A", `--lock=${LOCK}`, MAIN, "serve", path, "--host", "0.0.0.0", "--port", "8080"];
    await cluster.addImage(`levada/real-${factor}`, { argv });
    return bundle;
  }));
  const place = { dashboard, namespace, deadlineMs: DEADLINE_MS };
  await new NuclioDeployment("k3-real", { ...place, image: "levada/real-2:1", bundle: bundles[0]! }).apply();
  const invokeUrl = await cluster.serviceUrl(namespace, "nuclio-k3-real", 8080);
  const deployment = new NuclioDeployment("k3-real", { ...place, invokeUrl });
  strictEqual(await deployment.invoke("/", 7), 14);

  const load = askForEver(invokeUrl);
  await new NuclioDeployment("k3-real", { ...place, image: "levada/real-3:1", bundle: bundles[1]! }).apply();
  await until("the new revision answers", () => load.answers, (answers) => answers.has("21"));
  await load.stop();
  deepStrictEqual([...load.failures], [], "no request fails");
  deepStrictEqual([...load.answers].sort(), ["14", "21"]);
  ok((await Array.fromAsync(deployment.logs())).some((line) => line.includes("k3-real")));
  await deployment.delete();
}

/** Asks again and again, each time on a connection of its own. */
function askForEver(url: string) {
  const answers = new Set<string>();
  const failures = new Set<string>();
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      await fetch(url, {
        method: "POST",
        body: "7",
        headers: { "content-type": "application/json", connection: "close" },
      })
        .then(
          async (response) => void (response.ok ? answers : failures).add(await response.text()),
          (error) => failures.add(String(error)),
        );
      await new Promise((go) => setTimeout(go, 10));
    }
  })();
  return {
    answers,
    failures,
    async stop() {
      isOver = true;
      await asking;
    },
  };
}

let started: Promise<RunningNuclio> | undefined;

/** One for all cases; it ends with this process. */
function running(cluster: Cluster): Promise<RunningNuclio> {
  return started ??= startNuclio(cluster);
}

async function lack(): Promise<string | undefined> {
  return GIVEN === undefined ? await lackOfNuclio() : undefined;
}

function built({ dashboard, namespace }: RunningNuclio): NuclioLab {
  return {
    dashboard,
    namespace,
    good: ["levada/good:1", "levada/good:2"],
    missing: "levada/none:1",
    crash: "levada/crash:1",
    deadlineMs: DEADLINE_MS,
  };
}

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
    deadlineMs: DEADLINE_MS,
  };
}
