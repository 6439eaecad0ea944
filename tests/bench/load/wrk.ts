import { CommandError } from "../../../lib/cli/command.ts";
import { cacheFolder } from "../../../lib/cli/python.ts";

/** What a load consisted of and how it was answered. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Requests that were answered with a status of 400 or more, or not at all. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One kind of request, sent over and over. */
export interface Load {
  readonly url: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

const PACKAGES = ["wrk", "libluajit-5.1-2", "libluajit-5.1-common"];

/**
 * Finds wrk on the PATH, or unpacks Debian's into the cache.
 *
 * @throws {CommandError} Where it is neither there nor to be had.
 */
export async function prepareWrk(): Promise<(load: Load) => Promise<LoadResult>> {
  const folder = `${cacheFolder()}/wrk`;
  const unpacked = `${folder}/usr/bin/wrk`;
  for (const program of ["wrk", unpacked]) {
    if (await answers(program, folder)) return (load) => send(load, program, folder);
  }
  await Deno.mkdir(folder, { recursive: true });
  await run("apt-get", ["update", "-qq"], folder).catch(() => {}); // the lists may be there, and this may not be root
  await run("apt-get", ["download", ...PACKAGES], folder);
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".deb")) await run("dpkg", ["-x", name, "."], folder);
  }
  if (!await answers(unpacked, folder)) throw new CommandError(`Cannot prepare wrk: ${unpacked} does not start`);
  return (load) => send(load, unpacked, folder);
}

async function send(load: Load, program: string, folder: string): Promise<LoadResult> {
  const scratch = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${scratch}/body`, load.body);
    await Deno.writeTextFile(`${scratch}/load.lua`, script(load, `${scratch}/body`));
    const { stdout, stderr, success } = await new Deno.Command(program, {
      args: [
        "--threads=1",
        `--connections=${load.connections}`,
        `--duration=${load.seconds}s`,
        "--timeout=20s",
        `--script=${scratch}/load.lua`,
        load.url,
      ],
      env: libraries(folder),
    }).output();
    const text = new TextDecoder().decode(stdout);
    const line = /^RESULT (.*)$/m.exec(text)?.[1];
    if (!success || line === undefined) throw new Error(`wrk failed:\n${text}${new TextDecoder().decode(stderr)}`);
    const [requests, us, status, connect, read, write, timeout, p50, p99] = line.split(" ").map(Number) as number[];
    return {
      requests: requests!,
      seconds: us! / 1e6,
      failed: status! + connect! + read! + write! + timeout!,
      p50Ms: p50! / 1e3,
      p99Ms: p99! / 1e3,
    };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** The request, and one line of numbers at the end, in Lua, which is what wrk reads. */
function script({ headers }: Load, bodyFile: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${quoted(name)}] = ${quoted(value)}`);
  return `wrk.method = "POST"
local file = io.open(${quoted(bodyFile)}, "rb")
wrk.body = file:read("*a")
file:close()
${lines.join("\n")}
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.status, e.connect, e.read, e.write, e.timeout, latency:percentile(50), latency:percentile(99)))
end
`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function libraries(folder: string): Record<string, string> {
  return { LD_LIBRARY_PATH: `${folder}/usr/lib/${Deno.build.arch}-linux-gnu` };
}

async function answers(program: string, folder: string): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command(program, { args: ["--version"], env: libraries(folder) }).output();
    return new TextDecoder().decode(stdout).includes("wrk");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function run(program: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd, stderr: "piped" }).output().catch(
    (error) => {
      throw new CommandError(`Cannot prepare wrk: ${program} does not start: ${error.message}`);
    },
  );
  if (!success) throw new CommandError(`Cannot prepare wrk by ${program}: ${new TextDecoder().decode(stderr)}`);
}
