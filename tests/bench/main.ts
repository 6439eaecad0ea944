/**
 * `deno task bench [NAME…] [--write]`: proves each runner's answer, times it, and prints the ratios within each group.
 * Absolute times differ between machines; the ratios are what counts. `--write` puts the table into README.md beside this file.
 */

import { type LoadRow, runLoad } from "./load/main.ts";

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
const LOAD = "load";

function benchFiles(names: readonly string[]): string[] {
  const known = [...Deno.readDirSync(FOLDER)].flatMap(({ name }) => /^(\w+)_bench\.ts$/.exec(name)?.[1] ?? []).sort();
  const unknown = names.filter((name) => !known.includes(name) && name !== LOAD);
  if (unknown.length > 0) {
    console.error(`Cannot run bench ${unknown.join(", ")}: there are ${[...known, LOAD].join(", ")}`);
    Deno.exit(2);
  }
  names = names.filter((name) => name !== LOAD);
  return (names.length === 0 ? known : names).map((name) => new URL(`${name}_bench.ts`, FOLDER).pathname);
}

function path(file: string): string {
  return new URL(`../../${file}`, FOLDER).pathname;
}

async function measure(files: readonly string[]): Promise<readonly Bench[]> {
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

const names = Deno.args.filter((argument) => !argument.startsWith("--"));
const files = benchFiles(names);
const isLoadAlone = names.length > 0 && names.every((name) => name === LOAD);
const groups = new Map([
  ...(isLoadAlone ? [] : tables(await measure(files))),
  ...(names.length === 0 || names.includes(LOAD) ? loadGroups(await runLoad()) : []),
]);
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
