import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { DeployLab } from "../../support/deployed.ts";

const MODULE = fileURLToPath(new URL("./number_line.ts", import.meta.url));
/** How many processes each function has. */
export const WORKERS = 2;

/** The three functions as real processes, which can be killed. */
export class LineDeployment {
  /** The file that the last function writes to. */
  readonly sink: string;
  readonly #lab: DeployLab;
  readonly #env: Readonly<Record<string, string>>;
  #supervisor = 0;

  constructor(lab: DeployLab, line: string) {
    this.#lab = lab;
    this.sink = join(lab.folder, "sink.jsonl");
    this.#env = { NUMBER_LINE: line, NUMBER_LINE_SINK: this.sink };
  }

  /** Starts all, again where the supervisor was killed. */
  async start(): Promise<void> {
    const { code, out, err } = await this.#lab.levada("deploy", MODULE, "--workers", String(WORKERS), this.#env);
    if (code !== 0) throw new Error(`The line cannot be deployed:\n${out}${err}`);
    this.#supervisor = (await this.#lab.status("line")).supervisor!;
  }

  /** Kills one worker of a function, `dice` of 0 up to 1 says which; tells its process, undefined where none lives now. */
  async killWorker(name: string, dice: number): Promise<number | undefined> {
    const pids = await workersOf(this.#supervisor, name);
    const pid = pids[Math.floor(dice * pids.length)];
    if (pid === undefined) return undefined;
    Deno.kill(pid, "SIGKILL");
    return pid;
  }

  /** Kills the process that watches over the others. */
  killSupervisor(): void {
    Deno.kill(this.#supervisor, "SIGKILL");
  }

  /** How it is, and what was written last, for people. */
  async describe(): Promise<string> {
    const { out } = await this.#lab.levada("status", "line");
    const logs = (await this.#lines()).slice(-20).join("\n");
    return `${out}\n${logs}`;
  }

  /** How many records a function could not acknowledge, since others had them by then. */
  async unsettled(): Promise<number> {
    const counts = (await this.#lines()).map((line) =>
      /cannot be settled.*Cannot settle (\d+) records/.exec(line)?.[1] ?? 0
    );
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  }

  async #lines(): Promise<string[]> {
    const { out } = await this.#lab.levada("logs", "line", "--lines", "1000000");
    return out.split("\n");
  }
}

/** The processes of a function among the children of a supervisor. */
async function workersOf(supervisor: number, name: string): Promise<number[]> {
  const pids: number[] = [];
  for await (const { name: pid } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const read = (file: string) => Deno.readTextFile(`/proc/${pid}/${file}`).catch(() => ""); // it may have ended meanwhile
    const [stat, words] = [await read("stat"), (await read("cmdline")).split("\0")];
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(parent) === supervisor && words.includes(`--function=${name}`)) pids.push(Number(pid));
  }
  return pids.sort((one, other) => one - other);
}
