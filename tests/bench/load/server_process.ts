/** What a process used. */
export interface Usage {
  /** Processor time of it and its children, in seconds. */
  readonly cpuSeconds: number;
  /** Resident memory of it and its children, in bytes. */
  readonly memoryBytes: number;
}

const TICKS_A_SECOND = 100; // `getconf CLK_TCK` on every Linux that runs Deno
const PAGE_BYTES = 4096;
const START_MS = 120_000; // MLServer imports scikit-learn

/** A server in a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #said: Promise<string>;

  constructor(program: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
    this.#child = new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "piped", ...options }).spawn();
    this.#said = Promise.all([new Response(this.#child.stdout).text(), new Response(this.#child.stderr).text()]).then(
      (texts) => texts.join(""),
    );
  }

  /**
   * Asks until it answers with 200.
   *
   * @throws {Error} With what the server said, where it ends before or takes too long.
   */
  async ready(url: string): Promise<void> {
    const ended = this.#child.status.then(() => true);
    for (const until = Date.now() + START_MS; Date.now() < until;) {
      const isUp = await fetch(url).then(async (reply) => {
        await reply.body?.cancel();
        return reply.ok;
      }, () => false);
      if (isUp) return;
      const pause = new Promise<false>((go) => setTimeout(() => go(false), 100));
      if (await Promise.race([ended, pause])) throw new Error(`The server ended: ${await this.#said}`);
    }
    this.#child.kill("SIGKILL");
    throw new Error(`The server does not answer ${url}: ${await this.#said}`);
  }

  /** What it has used since it was started. */
  usage(): Usage {
    let [ticks, pages] = [0, 0];
    for (const pid of familyOf(this.#child.pid)) {
      const fields = statOf(pid);
      if (fields === undefined) continue;
      ticks += Number(fields[11]) + Number(fields[12]);
      pages += Number(fields[21]);
    }
    return { cpuSeconds: ticks / TICKS_A_SECOND, memoryBytes: pages * PAGE_BYTES };
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended already
    }
    await this.#child.status;
    await this.#said;
  }
}

/** A process and all that it started. */
function familyOf(pid: number): number[] {
  const family = [pid];
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]));
  }
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family;
}

/** The fields of `/proc/PID/stat` behind the name, which may hold anything; proc(5) counts them from 3. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || (error as Error).message.includes("No such process")) return undefined;
    throw error;
  }
}
