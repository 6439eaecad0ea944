import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { BrokerServer } from "../streams/broker_server.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { isNone, until } from "../../support/until.ts";
import { withReleaseLab } from "./release_lab.ts";

/** A function with a child behind a stream, or without one. */
function line(stream: string, { hasChild = true } = {}): string {
  const rest = `.to("q", queue({ path: ${JSON.stringify(stream)} }))
  .to("bill", (n: number) => console.log("billed " + n), { function: "bill" })`;
  return `import { queue, serving } from "levada";
const fn = serving("line", { cluster: { replicas: 2 } })${hasChild ? '.addChildFunction("bill")' : ""};
fn.setTopology("flow").to("times", (n: number) => 2 * n).respond()${hasChild ? rest : ""};
export default fn;
`;
}

/** Functions of several parts. */
export const STREAM_CASES: readonly ClusterCase[] = [{
  name:
    "a function and its child are two Deployments that join over Kafka; every record arrives; a child that is removed is pruned, and comes back whole",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      await using kafka = await BrokerServer.start("kafka");
      const stream = `kafka://${kafka.address}/totals`;
      const told = new Set<string>();
      const deployment = await lab.deploy(line(stream), {
        onProgress: ({ state, function: name }) => name !== undefined && told.add(`${name}: ${state}`),
      });
      deepStrictEqual(
        [...told],
        ["bill: starting", "bill: ready", "line: starting", "line: ready"],
        "who reads comes first",
      );
      const { functions } = await deployment.status();
      deepStrictEqual(functions.map(({ name, url, serving }) => [name, url, serving]), [
        ["line", `http://line.${lab.namespace}.svc`, 2],
        ["bill", `http://line-bill.${lab.namespace}.svc`, 1],
      ]);
      const billed = async () => {
        const lines = await Array.fromAsync(deployment.logs({ function: "bill" }));
        return lines.flatMap((one) => /billed (\d+)/.exec(one)?.[1] ?? []).map(Number).sort((one, other) =>
          one - other
        );
      };
      const sent = Array.from({ length: 50 }, (_, n) => n);
      const answers = await Promise.all(sent.map((n) => deployment.invoke("/", n)));
      deepStrictEqual(answers, sent.map((n) => 2 * n));
      await until("all is billed", billed, ({ length }) => length >= sent.length);
      deepStrictEqual(await billed(), sent.map((n) => 2 * n));
      await rejects(
        Array.fromAsync(deployment.logs({ function: "none" })),
        /it has no function "none", only line, bill/,
      );

      const alone = await lab.plan(line(stream, { hasChild: false }));
      const { changes } = await alone.plan();
      strictEqual(changes.includes(`Deployment ${lab.namespace}/line-bill: is removed`), true);
      await alone.apply();
      deepStrictEqual((await alone.plan()).changes, []);
      const ofChild = async () => (await lab.left("line")).filter((name) => name.includes("line-bill"));
      const back = await alone.rollback(); // while the child still finishes what it has
      deepStrictEqual([back.state, back.functions.map(({ name, serving }) => [name, serving])], [
        "ready",
        [["line", 2], ["bill", 1]],
      ]);
      strictEqual(await alone.invoke("/", 100), 200);
      await until("what came back bills", billed, (numbers) => numbers.includes(200));
      deepStrictEqual(await billed(), [200], "a pod that is new");
      deepStrictEqual((await ofChild()).filter((name) => /^(Deployment|Service) /.test(name)), [
        "Deployment line-bill",
        "Service line-bill",
      ]);
      await (await lab.plan(line(stream, { hasChild: false }))).apply();
      await until("the child has gone", ofChild, isNone); // it finishes what it has
      await alone.delete();
      deepStrictEqual(await lab.left("line"), []);
    }),
}, {
  name:
    "streams that lie on one machine, and a schedule that each of several pods would start, are refused before anything is changed",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const refused = async (code: string, message: RegExp) => {
        await rejects(lab.deploy(code), { name: "DeployError", message });
        deepStrictEqual(await lab.left("line"), []);
      };
      await refused(line("local://totals"), /queue "q": local:\/\/totals\. On a cluster streams are at a broker/);
      const out = (options: string, end: string) =>
        `import { queue, serving } from "levada";
const fn = serving("line", ${options});
fn.setTopology("flow").to("times", (n: number) => 2 * n)${end};
export default fn;
`;
      await refused(out("{}", `.to("out", queue({ path: "local://out" }))`), /queue "out": local:\/\/out/);
      await refused(
        out(`{ errorStream: "local://bad" }`, ".respond()"),
        /error stream of function "line": local:\/\/bad/,
      );
      const tick = `.respond();
fn.addTrigger("tick", { schedule: { everyMs: 60_000 } })`;
      await refused(
        out("{ cluster: { replicas: 2 } }", tick),
        /trigger "tick" is a schedule, and each of up to 2 pods/,
      );
    }),
}];
