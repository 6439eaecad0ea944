/**
 * `deno task bench [NAME…] [--write]`: proves each runner's answer, times it, and prints the ratios within each group.
 * Absolute times differ between machines; the ratios are what counts. `--write` puts the table into README.md beside this file.
 */

import { type LoadRow, runLoad } from "./load/main.ts";
import { timeLocalStream } from "./processes/local_stream.ts";
import { timeMonitoring } from "./processes/monitoring.ts";
import { timeProtocol } from "./processes/protocol.ts";
import { timeTelemetry } from "./processes/telemetry.ts";
import { timeStreams } from "./streams/main.ts";
import type { ProcessRow } from "./processes/time_processes.ts";

interface Bench {
  readonly group: string;
  readonly name: string;
  readonly baseline: boolean;
  readonly results: readonly { readonly ok?: { readonly min: number; readonly p75: number } }[];
}

/** What a runner may cost at most: a factor of what other runners of the same run cost together. */
interface Gate {
  readonly runner: string;
  readonly atMost: number;
  readonly times: readonly string[];
}

interface Row {
  readonly name: string;
  /** The fastest iteration: what other programs on the machine leave alone, so gates are held against it. */
  readonly bestUs: number;
  readonly typicalUs: number;
  readonly ratio: number;
}

const FOLDER = new URL("./", import.meta.url);

/** What is measured otherwise than by `deno bench`. */
const OTHERS: Readonly<Record<string, () => Promise<Map<string, readonly Row[]>>>> = {
  local_stream: async () => processGroups(await timeLocalStream()),
  monitoring: async () => processGroups(await timeMonitoring()),
  protocol: async () => processGroups(await timeProtocol()),
  streams: async () => processGroups(await timeStreams()),
  telemetry: async () => processGroups(await timeTelemetry()),
  load: async () => loadGroups(await runLoad()),
};

/** What is to run, by name: all where nobody says. */
function chosen(names: readonly string[]): { readonly files: readonly string[]; readonly others: readonly string[] } {
  const files = [...Deno.readDirSync(FOLDER)].flatMap(({ name }) => /^(\w+)_bench\.ts$/.exec(name)?.[1] ?? []).sort();
  const known = [...files, ...Object.keys(OTHERS)];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`Cannot run bench ${unknown.join(", ")}: there are ${known.join(", ")}`);
    Deno.exit(2);
  }
  const isChosen = (name: string) => names.length === 0 || names.includes(name);
  return {
    files: files.filter(isChosen).map((name) => new URL(`${name}_bench.ts`, FOLDER).pathname),
    others: Object.keys(OTHERS).filter(isChosen),
  };
}

function path(file: string): string {
  return new URL(`../../${file}`, FOLDER).pathname;
}

async function measure(files: readonly string[]): Promise<readonly Bench[]> {
  if (files.length === 0) return [];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["bench", "-A", "--json", "--config", path("deno.json"), "--lock", path("deno.lock"), ...files],
    stderr: "inherit",
  }).output();
  if (code !== 0) Deno.exit(code);
  return (JSON.parse(new TextDecoder().decode(stdout)) as { benches: Bench[] }).benches;
}

function tables(benches: readonly Bench[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const [group, members] of Object.entries(Object.groupBy(benches, ({ group }) => group))) {
    const typical = (bench: Bench) => (bench.results[0]?.ok?.p75 ?? NaN) / 1_000;
    const baseline = typical(members!.find((member) => member.baseline) ?? members![0]!);
    groups.set(
      group,
      members!.map((member) => ({
        name: member.name,
        bestUs: (member.results[0]?.ok?.min ?? NaN) / 1_000,
        typicalUs: typical(member),
        ratio: typical(member) / baseline,
      })),
    );
  }
  return groups;
}

function markdown(groups: ReadonlyMap<string, readonly Row[]>): string {
  const lines = ["| group | runner | µs (p75) | per second | ratio |", "| --- | --- | ---: | ---: | ---: |"];
  for (const [group, rows] of groups) {
    for (const { name, typicalUs, ratio } of rows) {
      const us = typicalUs.toFixed(typicalUs < 10 ? 2 : 0);
      lines.push(`| ${group} | ${name} | ${us} | ${perSecond(group, typicalUs)} | ${ratioText(ratio)} |`);
    }
  }
  return lines.join("\n");
}

/** Events a second, where a group says how many one run takes: `2000 events, …`. */
function perSecond(group: string, us: number): string {
  const events = /^(\d+) (?:events|requests)/.exec(group)?.[1];
  return events === undefined ? "" : Number((Number(events) * 1e6 / us).toPrecision(3)).toLocaleString("en");
}

function ratioText(ratio: number): string {
  return ratio < 0.1 ? `${ratio.toPrecision(2)} (${Math.round(1 / ratio)} × as fast)` : ratio.toFixed(2);
}

/** Holds the gates of `gates.json` against the figures; a gate whose runners did not run is left out. */
function checkGates(groups: ReadonlyMap<string, readonly Row[]>, gates: readonly Gate[]): string[] {
  const costs = new Map<string, number>(
    [...groups].flatMap(([group, rows]) => rows.map(({ name, bestUs }) => [`${group} / ${name}`, bestUs])),
  );
  return gates.flatMap(({ runner, atMost, times }) => {
    const cost = costs.get(runner);
    const others = times.map((name) => costs.get(name));
    if (cost === undefined || !others.every((other) => other !== undefined)) return [];
    const factor = cost / others.reduce((sum, other) => sum + other, 0);
    const verdict = factor <= atMost ? "ok" : "TOO SLOW";
    return [
      `| ${runner} | ${times.join(" + ")} | ${
        factor < 0.1 ? factor.toPrecision(2) : factor.toFixed(2)
      } | ${atMost} | ${verdict} |`,
    ];
  });
}

/** What runners in processes of their own cost, with the third quartile as typical, as `deno bench` has it. */
function processGroups(rows: readonly ProcessRow[]): Map<string, readonly Row[]> {
  const typical = ({ costs }: ProcessRow) => costs.toSorted((a, b) => a - b)[Math.floor(costs.length * 0.75)]!;
  const groups = new Map<string, readonly Row[]>();
  for (const [title, members] of Map.groupBy(rows, ({ group }) => group)) {
    const rowOf = (row: ProcessRow): Row => ({
      name: row.name,
      bestUs: Math.min(...row.costs),
      typicalUs: typical(row),
      ratio: typical(row) / typical(members[0]!),
    });
    groups.set(title, members.map(rowOf));
  }
  return groups;
}

/** What servers did under load, as groups whose costs are microseconds: of the wall clock a request, of the processor, of the slowest. */
function loadGroups(rows: readonly LoadRow[]): Map<string, Row[]> {
  const costs: Readonly<Record<string, (row: LoadRow) => number>> = {
    "time a request": ({ requestsASecond }) => 1e6 / requestsASecond,
    "processor a request": ({ cpuUs }) => cpuUs,
    p99: ({ p99Ms }) => p99Ms * 1e3,
  };
  const groups = new Map<string, Row[]>();
  for (const [title, members] of Object.entries(Object.groupBy(rows, ({ group }) => group))) {
    for (const [what, costOf] of Object.entries(costs)) {
      const first = costOf(members![0]!);
      groups.set(
        `load, ${title}: ${what}`,
        members!.map((row) => {
          const us = costOf(row);
          return { name: row.name, bestUs: us, typicalUs: us, ratio: us / first };
        }),
      );
    }
  }
  return groups;
}

const START = "<!-- figures -->";
const END = "<!-- end of figures -->";

async function writeReadme(table: string): Promise<void> {
  const file = new URL("README.md", FOLDER);
  const text = await Deno.readTextFile(file);
  const [head, rest] = text.split(START, 2) as [string, string];
  const tail = rest.slice(rest.indexOf(END));
  const when = `${
    new Date().toISOString().slice(0, 10)
  }, Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, ${navigator.hardwareConcurrency} cores, ${Deno.build.os} ${Deno.build.arch}`;
  await Deno.writeTextFile(file, `${head}${START}\n${when}\n\n${table}\n${tail}`);
}

const { files, others } = chosen(Deno.args.filter((argument) => !argument.startsWith("--")));
const groups = new Map<string, readonly Row[]>(tables(await measure(files)));
for (const name of others) for (const [group, rows] of await OTHERS[name]!()) groups.set(group, rows);
const gates = checkGates(groups, JSON.parse(await Deno.readTextFile(new URL("gates.json", FOLDER))));
const table = [
  markdown(groups),
  ...(gates.length === 0
    ? []
    : ["", "| gate | beside | factor | at most | |", "| --- | --- | ---: | ---: | --- |", ...gates]),
].join("\n");
console.log(table);
if (Deno.args.includes("--write")) await writeReadme(table);
if (gates.some((gate) => gate.includes("TOO SLOW"))) Deno.exitCode = 1;
