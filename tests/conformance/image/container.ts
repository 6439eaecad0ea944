/** Images that are run for real, without a network: by podman, or in a folder of their own by the system's own words for that. */
import { join } from "node:path";
import type { ImageConfig, ImageManifest } from "../../../lib/image/descriptor.ts";
import { mustRun, runCommand } from "./command.ts";

/** One that runs. */
export interface Container extends AsyncDisposable {
  /** Asks the function in it, from inside. */
  ask(path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }>;
  /** What it wrote. */
  log(): Promise<string>;
  /** Asks it to end; gives its exit code. */
  stop(): Promise<number>;
}

/** What is run, and how. */
export interface ContainerWish {
  /** A folder of the OCI layout. */
  readonly layout: string;
  /** In the place of its command. */
  readonly words?: readonly string[];
  /** Folders of this machine by where they are in there. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** What runs images here. */
export interface ContainerEngine extends AsyncDisposable {
  readonly name: string;
  start(wish: ContainerWish): Promise<Container>;
  /** Builds a Dockerfile's folder, and writes the image as a folder of the OCI layout. */
  build?(context: string, layout: string): Promise<void>;
}

const DENO = "/usr/local/bin/deno";
const READY_TRIES = 300;
/** Asks for a path of the function, and tells status and text as JSON. */
const ASK = `const [path, body] = Deno.args;
const response = await fetch("http://127.0.0.1:8080" + path, body === undefined ? {} : { method: "POST", body, headers: { "content-type": "application/json" } });
console.log(JSON.stringify({ status: response.status, text: await response.text() }));`;

type Exec = (args: readonly string[]) => Promise<{ code: number; out: string; err: string }>;

/** Asks by a program that is run in the container. */
function asker(exec: Exec): Container["ask"] {
  return async (path, body) => {
    const words = body === undefined ? [path] : [path, JSON.stringify(body)];
    const { code, out, err } = await exec([DENO, "eval", "--no-config", ASK, ...words]);
    if (code === 0) return JSON.parse(out);
    throw new Error(`it cannot be asked: ${out}${err}`);
  };
}

async function untilReady(container: Container): Promise<Container> {
  for (let attempt = 0; attempt < READY_TRIES; attempt += 1) {
    const answer = await container.ask("/ready").catch(() => undefined);
    if (answer?.status === 200) return container;
  }
  const log = await container.log();
  await container[Symbol.asyncDispose]();
  throw new Error(`the container does not become ready: ${log}`);
}

/** Podman, in folders of its own; undefined with the reason where it runs nothing here. */
export async function openPodman(folder: string): Promise<ContainerEngine | string> {
  const found = await runCommand("podman", ["--version"]).catch(() => undefined);
  if (found === undefined) {
    const installed = await installPodman();
    if (installed !== undefined) return installed;
  }
  const place = ["--root", join(folder, "podman"), "--runroot", join(folder, "podman-run")];
  // Inside a container of somebody's, limits cannot be raised, and groups of processes may be of the old kind, which crun does not take.
  const limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"];
  const ways = [["--cgroup-manager=cgroupfs"], ["--cgroup-manager=cgroupfs", "--runtime=runc"]];
  const failures: string[] = [];
  for (const way of ways) {
    const podman = (args: readonly string[]) => runCommand("podman", [...place, ...way, ...args]);
    const failure = await tryPodman(podman, folder, limits);
    if (failure === undefined) return podmanEngine(podman, limits);
    failures.push(failure);
  }
  return failures.join("; ");
}

/** Installs it where that can be done; says why it is not there else. */
async function installPodman(): Promise<string | undefined> {
  const user = await runCommand("id", ["-u"]).catch(() => undefined);
  if (user?.out.trim() !== "0") return "podman is not installed";
  const install = () =>
    runCommand("apt-get", ["install", "-y", "--no-install-recommends", "podman", "runc"], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  let ended = await install().catch((error: Error) => ({ code: 1, err: error.message }));
  if (ended.code !== 0 && await runCommand("apt-get", ["update"]).catch(() => undefined) !== undefined) {
    ended = await install();
  }
  return ended.code === 0 ? undefined : `podman cannot be installed: ${ended.err.trim().split("\n").at(-1)}`;
}

/** Runs the smallest image that there is: one that has nothing, not even a program, which podman tells only when all else works. */
async function tryPodman(podman: Exec, folder: string, limits: readonly string[]): Promise<string | undefined> {
  const empty = join(folder, "empty.tar");
  await Deno.writeFile(empty, new Uint8Array(10_240));
  const imported = await podman(["import", empty, "localhost/empty:1"]);
  if (imported.code !== 0) return lastLine(imported.err);
  const { err } = await podman(["run", "--rm", "--network=none", ...limits, "localhost/empty:1", "/nothing"]);
  return /no such file or directory|not found/i.test(err) ? undefined : lastLine(err);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function podmanEngine(podman: Exec, limits: readonly string[]): ContainerEngine {
  const must = async (args: readonly string[]) => {
    const { code, out, err } = await podman(args);
    if (code !== 0) throw new Error(`podman ${args.join(" ")} ended with ${code}: ${err}`);
    return out.trim();
  };
  return {
    name: "podman",
    async start({ layout, words = [], mounts = {} }) {
      const image = (await must(["pull", "-q", `oci:${layout}`])).split("\n").at(-1)!;
      const id = await must([
        "run",
        "--detach",
        "--network=none",
        "--read-only",
        ...limits,
        ...Object.entries(mounts).map(([inside, here]) => `--volume=${here}:${inside}:ro`),
        image,
        ...words,
      ]);
      return await untilReady({
        ask: asker((args) => podman(["exec", id, ...args])),
        log: async () => {
          const { out, err } = await podman(["logs", id]);
          return out + err;
        },
        stop: async () => {
          await must(["stop", "--time", "20", id]);
          return Number(await must(["wait", id]));
        },
        [Symbol.asyncDispose]: async () => void await podman(["rm", "--force", "--time", "0", id]),
      });
    },
    async build(context, layout) {
      await must(["build", "--tag", "localhost/built:1", context]);
      await must(["save", "--quiet", "--format=oci-dir", "--uncompressed", `--output=${layout}`, "localhost/built:1"]);
    },
    [Symbol.asyncDispose]: async () => {
      await podman(["rm", "--all", "--force", "--time", "0"]);
      await podman(["rmi", "--all", "--force"]);
    },
  };
}

/** Unpacks an image and runs it in that folder, as its user, in a network of its own that leads nowhere; undefined with the reason where that may not be done. */
export async function openFolders(folder: string): Promise<ContainerEngine | string> {
  const tried = await runCommand("unshare", ["--net", "--mount", "ip", "link", "set", "lo", "up"]).catch((
    error: Error,
  ) => ({
    code: 1,
    err: error.message,
  }));
  if (tried.code !== 0) return `no network and mounts of its own: ${tried.err.trim()}`;
  let count = 0;
  return {
    name: "chroot",
    start: (wish) => startInFolder(join(folder, `root ${count += 1}`), wish),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function startInFolder(root: string, { layout, words, mounts = {} }: ContainerWish): Promise<Container> {
  const config = await unpackLayout(layout, root);
  const { Entrypoint = [], Cmd = [], Env = [], User = "0:0", WorkingDir = "/" } = config.config ?? {};
  for (const inside of ["proc", "dev", ...Object.keys(mounts)]) {
    await Deno.mkdir(join(root, inside), { recursive: true });
  }
  const script = [
    "ip link set lo up",
    `mount -t proc proc '${root}/proc'`,
    ...Object.entries(mounts).map(([inside, here]) => `mount --bind '${here}' '${root}${inside}'`),
    `exec env -i ${Env.map((one) => `'${one}'`).join(" ")} /usr/sbin/chroot --userspec=${User} '${root}' "$@"`,
  ].join(" && ");
  const child = new Deno.Command("unshare", {
    args: [
      "--net",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "sh",
      "-c",
      script,
      "sh",
      ...Entrypoint,
      ...words ?? Cmd,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let log = "";
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
      log += text;
    }
  }));
  const inner = async () => (await runCommand("pgrep", ["-P", String(child.pid)])).out.trim();
  const ended = child.status;
  return await untilReady({
    ask: asker(async (args) =>
      await runCommand("nsenter", [
        `--target=${await inner()}`,
        "--net",
        "--mount",
        "/usr/sbin/chroot",
        `--userspec=${User}`,
        root,
        ...args,
      ], {
        env: Object.fromEntries(Env.map((one) => one.split("=") as [string, string])),
        cwd: WorkingDir === "" ? "/" : "/",
      })
    ),
    log: () => Promise.resolve(log),
    stop: async () => {
      await runCommand("kill", [await inner()]);
      return (await ended).code;
    },
    [Symbol.asyncDispose]: async () => {
      await runCommand("kill", ["-9", await inner(), String(child.pid)]).catch(() => {});
      await Promise.all([ended, reading]);
    },
  });
}

/** Unpacks the layers of an image, one over another. */
export async function unpackLayout(layout: string, root: string): Promise<ImageConfig> {
  const blob = (digest: string) => join(layout, "blobs", digest.replace(":", "/"));
  const read = async (file: string) => JSON.parse(await Deno.readTextFile(file));
  const { manifests: [{ digest }] } = await read(join(layout, "index.json"));
  const manifest = await read(blob(digest)) as ImageManifest;
  await Deno.mkdir(root, { recursive: true });
  for (const layer of manifest.layers) await mustRun("tar", ["-xpf", blob(layer.digest), "-C", root]);
  return await read(blob(manifest.config.digest));
}
