/** What target `nuclio` does at a dashboard: the same cases against the fake, and against a real one. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { queue, serving, type ServingFunction } from "levada";
import type { Bundle } from "../../lib/bundle/bundle.ts";
import { DashboardClient } from "../../lib/deploy/nuclio/dashboard_client.ts";
import { NuclioDeployment } from "../../lib/deploy/nuclio/nuclio_deployment.ts";
import type { NuclioOptions } from "../../lib/deploy/nuclio/nuclio_options.ts";
import { manifested } from "./manifested.ts";

/** A dashboard to deploy to. */
export interface NuclioLab {
  /** Where it answers. */
  readonly dashboard: string;
  readonly namespace?: string;
  readonly project?: string;
  /** Images with a server in them; pods of the second are as good. */
  readonly good: readonly [string, string];
  /** An image that nobody has. */
  readonly missing: string;
  /** An image whose program ends at once. */
  readonly crash: string;
  /** How long a function may take to be ready, in milliseconds. */
  readonly deadlineMs: number;
}

/** One case. */
export interface NuclioCase {
  readonly name: string;
  run(lab: NuclioLab): Promise<void>;
}

/** A function without children, of a revision. */
export function plainBundle(name: string, revision: string, options: object = {}): Bundle {
  const fn = serving(name, options);
  fn.setTopology("flow").to("double", (n: number) => n * 2).respond();
  return bundleOf(fn, revision);
}

/** A function with a child behind a topic. */
export function childBundle(name: string, revision: string): Bundle {
  const fn = serving(name);
  fn.addChildFunction("enrich", {});
  fn.setTopology("flow")
    .to("take", (order: object) => order)
    .to("orders", queue({ path: "kafka://broker:9092/orders" }))
    .to("enrich", (order: object) => order, { function: "enrich" })
    .to("done", queue({ path: "kafka://broker:9092/done" }));
  return bundleOf(fn, revision);
}

/** What who plans looks at. */
export function bundleOf(fn: ServingFunction, revision: string): Bundle {
  return { name: fn.name, revision, ...manifested(fn) };
}

/** The cases, in order; each leaves nothing behind. */
export const NUCLIO_CASES: readonly NuclioCase[] = [
  {
    name: "a function becomes ready, is told of, is left as it is, changes, and goes",
    run: (lab) =>
      deployed(lab, "k3-plain", async (open, client) => {
        const first = open(plainBundle("k3-plain", "aaaaaaaaaaaa"));
        deepStrictEqual((await first.plan()).changes, [`function k3-plain: new, ${lab.good[0]}`]);
        await rejects(first.status(), /Cannot tell the state of "k3-plain": Nuclio has no function of it/);
        const status = await first.apply();
        deepStrictEqual([status.state, status.revision, status.previous], ["ready", "aaaaaaaaaaaa", undefined]);
        match(status.url, /^http:\/\/.*nuclio-k3-plain|^http:\/\/[\w.]+:\d+$/);
        strictEqual(first.url, status.url);
        const version = (await client.read("k3-plain"))!.spec;
        deepStrictEqual((await open(plainBundle("k3-plain", "aaaaaaaaaaaa")).plan()).changes, []);
        await open(plainBundle("k3-plain", "aaaaaaaaaaaa")).apply();
        deepStrictEqual((await client.read("k3-plain"))!.spec, version, "nothing is changed that is as it is wished");

        const second = open(plainBundle("k3-plain", "bbbbbbbbbbbb"), { image: lab.good[1] });
        const { changes } = await second.plan();
        ok(changes.includes(`function k3-plain: spec.image: "${lab.good[0]}" → "${lab.good[1]}"`), changes.join("\n"));
        const next = await second.apply();
        deepStrictEqual([next.state, next.revision, next.previous], ["ready", "bbbbbbbbbbbb", "aaaaaaaaaaaa"]);

        const back = await open().rollback();
        deepStrictEqual([back.state, back.revision, back.previous], ["ready", "aaaaaaaaaaaa", "bbbbbbbbbbbb"]);
        strictEqual((await client.read("k3-plain"))!.spec.image, lab.good[0]);
        await open().delete();
        strictEqual(await client.read("k3-plain"), undefined);
      }),
  },
  {
    name:
      "a function and its child: both with their triggers; a child that goes is pruned, and comes back with a rollback",
    run: (lab) =>
      deployed(lab, "k3-multi", async (open, client) => {
        const status = await open(childBundle("k3-multi", "aaaaaaaaaaaa")).apply();
        deepStrictEqual(status.functions.map(({ name, state }) => [name, state]), [["k3-multi", "ready"], [
          "enrich",
          "ready",
        ]]);
        const { spec } = (await client.read("k3-multi-enrich"))!;
        const { kind, attributes } = spec.triggers!.orders!;
        deepStrictEqual([kind, attributes], ["kafka-cluster", {
          brokers: ["broker:9092"],
          topics: ["orders"],
          consumerGroup: "k3-multi-enrich",
          initialOffset: "earliest",
        }]);
        const env = new Map(spec.env!.map(({ name, value }) => [name, value]));
        strictEqual(env.get("LEVADA_FUNCTION"), "enrich");

        const alone = open(plainBundle("k3-multi", "bbbbbbbbbbbb"));
        ok((await alone.plan()).changes.includes("function k3-multi-enrich: ends"));
        await alone.apply();
        strictEqual(await client.read("k3-multi-enrich"), undefined);
        const back = await open().rollback();
        deepStrictEqual(back.functions.map(({ name, state }) => [name, state]), [["k3-multi", "ready"], [
          "enrich",
          "ready",
        ]]);
      }),
  },
  {
    name: "an image that nobody has: the reason is told, and nothing is left",
    run: (lab) =>
      deployed(lab, "k3-missing", async (open, client) => {
        const bundle = plainBundle("k3-missing", "aaaaaaaaaaaa");
        const deployment = open(bundle, { image: lab.missing, deadlineMs: Math.min(lab.deadlineMs, 40_000) });
        const error = await deployment.apply().then(() => undefined, (error: Error) => error);
        match(
          error!.message,
          /Cannot deploy "k3-missing": function "k3-missing" is (unhealthy|not ready in time): .*image/i,
        );
        ok(!error!.message.includes(".go:"), "no stack of Go");
        strictEqual(await client.read("k3-missing"), undefined);
      }),
  },
  {
    name: "a program that ends at once: the reason is told, what ran before is put back, and its record stays",
    run: (lab) =>
      deployed(lab, "k3-crash", async (open, client) => {
        await open(plainBundle("k3-crash", "aaaaaaaaaaaa")).apply();
        const broken = open(plainBundle("k3-crash", "bbbbbbbbbbbb"), { image: lab.crash });
        await rejects(broken.apply(), /function "k3-crash" is unhealthy: .*(Back-off restarting|crash loop)/);
        const status = await open().status();
        deepStrictEqual([status.state, status.revision, status.previous], ["ready", "aaaaaaaaaaaa", undefined]);
        strictEqual((await client.read("k3-crash"))!.spec.image, lab.good[0]);
      }),
  },
  {
    name:
      "somebody else changes it between plan and apply: the controller's writing is no conflict, a person's is told by field",
    run: (lab) =>
      deployed(lab, "k3-conflict", async (open, client) => {
        await open(plainBundle("k3-conflict", "aaaaaaaaaaaa")).apply();
        const stale = (await client.read("k3-conflict"))!;
        await client.replace({ ...stale, spec: { ...stale.spec, description: "by hand" } });
        await until(async () => (await client.read("k3-conflict"))!.status?.state === "ready", lab.deadlineMs);
        await rejects(
          client.replace(stale),
          /Cannot change function "k3-conflict": .* answers 409: Function resource version is stale/,
        );
        const { changes } = await open(plainBundle("k3-conflict", "aaaaaaaaaaaa")).plan();
        deepStrictEqual(changes.map((line) => line.split(":")[1]), [" spec.description"]);
      }),
  },
  {
    name:
      "a function that is being made ready takes no change; a function of somebody else is not touched; no such project",
    run: (lab) =>
      deployed(lab, "k3-other", async (open, client) => {
        const labels = { "nuclio.io/project-name": lab.project ?? "default" };
        await client.create({
          metadata: { name: "k3-other", labels },
          spec: { runtime: "nodejs", image: lab.good[0] },
        });
        await rejects(
          client.replace({ metadata: { name: "k3-other", labels }, spec: { runtime: "nodejs", image: lab.good[1] } }),
          /answers 412: Function cannot be updated when existing function is being provisioned/,
        );
        await rejects(
          open(plainBundle("k3-other", "aaaaaaaaaaaa")).apply(),
          /Nuclio has a function "k3-other" that is not Levada's. Delete it, or name yours otherwise/,
        );
        await rejects(
          open(plainBundle("k3-none", "aaaaaaaaaaaa"), { project: "nobody" }).apply(),
          /Nuclio has no project "nobody": make it, or say another by `project`/,
        );
      }),
  },
  {
    name: "logs: the last lines end, those that follow end when the reader does; an absent replica is told",
    run: (lab) =>
      deployed(lab, "k3-logs", async (open, client) => {
        const deployment = open(plainBundle("k3-logs", "aaaaaaaaaaaa"));
        await deployment.apply();
        const lines = await Array.fromAsync(deployment.logs({ lines: 1 }));
        strictEqual(lines.length, 1);
        const stop = new AbortController();
        const followed = [];
        for await (const line of deployment.logs({ follow: true, signal: stop.signal })) {
          followed.push(line);
          stop.abort();
        }
        ok(followed.length > 0 && !followed.includes(""));
        await rejects(
          Array.fromAsync(deployment.logs({ function: "nobody" })),
          /it has no function "nobody", only k3-logs/,
        );
        await rejects(client.log("k3-logs", "nobody"), /nobody replica does not belong to function k3-logs/);
      }),
  },
  {
    name: "a dashboard outside of the cluster does not reach the function, and says so",
    run: (lab) =>
      deployed(lab, "k3-invoke", async (open) => {
        await open(plainBundle("k3-invoke", "aaaaaaaaaaaa")).apply();
        await rejects(
          open().invoke("/", 1),
          /Cannot invoke "k3-invoke": the dashboard does not reach function "k3-invoke": .*(no such host|lookup).*say nodePort: true/,
        );
      }),
  },
];

type Open = (bundle?: Bundle, options?: NuclioOptions) => NuclioDeployment;

async function deployed(
  { dashboard, namespace, project, good, deadlineMs }: NuclioLab,
  name: string,
  run: (open: Open, client: DashboardClient) => Promise<void>,
): Promise<void> {
  const client = new DashboardClient({ url: dashboard, namespace });
  const place = { dashboard, ...namespace !== undefined && { namespace }, ...project !== undefined && { project } };
  const open: Open = (bundle, options = {}) =>
    new NuclioDeployment(bundle?.name ?? name, {
      ...place,
      image: good[0],
      deadlineMs,
      ...options,
      ...bundle !== undefined && { bundle },
    });
  const clear = async () => {
    for (const { metadata: { name: one } } of await client.list(project ?? "default")) {
      if (one === name || one.startsWith(`${name}-`)) await client.remove(one, { force: true });
    }
  };
  await clear();
  try {
    await run(open, client);
  } finally {
    await clear();
  }
}

async function until(holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!await holds()) {
    if (performance.now() > endsAt) throw new Error(`waited ${withinMs} ms in vain`);
    await new Promise((go) => setTimeout(go, 50));
  }
}
