/** gRPC of the open inference protocol, judged by tritonclient, kserve, grpcio's health client and broken bytes. */

import { preparePython } from "../../../lib/cli/python.ts";
import type { Counts } from "../main.ts";

const HERE = new URL("./", import.meta.url).pathname;
const PACKAGES = [
  "tritonclient[grpc]==2.73.0",
  "kserve==0.21.0",
  "grpcio-health-checking==1.81.1",
  "hpack==4.1.0",
  "hyperframe==6.1.0",
];
/** One process each: two packages know messages of the same names, and a broken client may end its own. */
const CLIENTS = ["infer.py", "streams.py", "kserve_client.py", "hostile.py"];

/** A server of its own process, so that it can be seen to live. */
class Served implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly ports: readonly number[];

  constructor(child: Deno.ChildProcess, ports: readonly number[]) {
    this.#child = child;
    this.ports = ports;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Its exit code when it is asked to end. */
  async end(): Promise<number> {
    await this.#child.stdin.close().catch(() => {});
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

async function serve(): Promise<Served> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--lock=deno.lock", "-A", `${HERE}server.ts`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  for await (const line of child.stdout.pipeThrough(new TextDecoderStream())) {
    return new Served(child, JSON.parse(line));
  }
  throw new Error("The server ended before it listened");
}

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  const { program } = await preparePython({
    name: "grpc",
    packages: PACKAGES,
    onProgress: (text) => console.log(text),
  });
  const results: string[] = [];
  const tell = (line: string) => {
    results.push(line);
    console.log(line);
  };
  await using served = await serve();
  for (const client of CLIENTS) {
    const { code, stdout, stderr } = await new Deno.Command(program("python"), {
      args: [`${HERE}${client}`, ...served.ports.map(String), String(served.pid)],
      signal: AbortSignal.timeout(300_000),
    }).output();
    const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => /^(pass|fail) /.test(line));
    for (const line of lines) tell(line);
    if (lines.length === 0 || (code !== 0 && !lines.some((line) => line.startsWith("fail")))) {
      tell(`fail ${client} ended with ${code}: ${new TextDecoder().decode(stderr).trim().slice(-1_000)}`);
    }
  }
  const code = await served.end();
  tell(code === 0 ? "pass the server ends when it is asked to" : `fail the server ended with ${code}`);
  const failed = results.filter((result) => !result.startsWith("pass")).length;
  return { passed: results.length - failed, failed, skipped: 0 };
}

if (import.meta.main) {
  const { passed, failed, skipped } = await run();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 ? 1 : 0);
}
