/** A container: a process in a mount namespace of its own, over the machine's files or over the layers of an image. */
import type { NodeImage } from "./image_store.ts";

/** What is started, and on what. */
export interface ContainerStart {
  /** The pod's folder on this machine. */
  readonly home: string;
  readonly log: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder or file of this machine, where it lies in there, whether it can only be read. */
  readonly mounts: readonly (readonly [source: string, at: string, readOnly: boolean])[];
  readonly isReadOnly: boolean;
  readonly unpacked: NodeImage["unpacked"];
  /** Who it runs as, where it runs an unpacked image: `65532:65532`. */
  readonly user: string | undefined;
  /** The library that leads who binds 0.0.0.0 to the pod's address, and whose connections to this machine; "" where there is no compiler. */
  readonly preload: string;
}

// Deno's databases are gigabytes on a machine that has been used for long: each pod that opened one would copy it into memory.
const denoDir = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME") ?? ""}/.cache/deno`;
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Every step of the script execs, so the process that is given is that of the program. */
export function startContainer(start: ContainerStart): Deno.ChildProcess {
  const { home, log, cwd, mounts, isReadOnly, unpacked, preload } = start;
  const lower = unpacked?.layers.join(":") ?? "/";
  const script = `set -e; o=${
    quoted(home)
  }/root; mkdir -p $o; mount -t tmpfs -o size=2g,mode=755 tmpfs $o; mkdir $o/u $o/w $o/m
mount -t overlay overlay -o lowerdir=${quoted(lower)},upperdir=$o/u,workdir=$o/w $o/m
for d in dev proc sys; do mkdir -p $o/m/$d; mount --rbind /$d $o/m/$d; done
mkdir -p $o/m/etc; [ -e $o/m/etc/hosts ] || : >$o/m/etc/hosts; mount --bind ${quoted(home)}/hosts $o/m/etc/hosts
${unpacked === undefined ? `rm -f $o/m${quoted(denoDir)}/*_cache_v*` : ""}
${preload && `cp ${quoted(preload)} $o/m/.bindpod.so`}
${preload && unpacked !== undefined ? `echo /.bindpod.so >$o/m/etc/ld.so.preload` : ""}
at() { # links of the image, such as /var/run, lead within it
  t=$o/m; IFS=/; for part in \${1#/}; do t=$t/$part
    if [ -L "$t" ]; then to=$(readlink "$t"); case $to in /*) t=$o/m$to;; *) t=\${t%/*}/$to;; esac; fi; done; unset IFS; }
${mounts.map(mountOf).join("\n")}
${isReadOnly ? "mount -o remount,ro $o/m" : ""}
${entry(start, quoted(cwd))}`;
  return new Deno.Command("unshare", {
    args: ["-m", "sh", "-c", `exec >>${quoted(log)} 2>&1 </dev/null; ${script}`, "sh", ...start.argv],
    clearEnv: true,
    env: { ...start.env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

function mountOf([source, at, readOnly]: ContainerStart["mounts"][number]): string {
  const from = quoted(source);
  return `at ${quoted(at)}; if [ -d ${from} ]; then mkdir -p "$t"; else mkdir -p "$(dirname "$t")"; touch "$t"; fi
mount --bind ${from} "$t"${readOnly ? `; mount -o remount,bind,ro "$t"` : ""}`;
}

function entry({ unpacked, user = unpacked?.user ?? "0:0", preload }: ContainerStart, cwd: string): string {
  if (unpacked === undefined) {
    return `exec chroot $o/m sh -c '${preload && "export LD_PRELOAD=/.bindpod.so; "}cd "$0"; exec "$@"' ${cwd} "$@"`;
  }
  const [uid, gid = uid] = user.split(":");
  return `exec unshare --root=$o/m --wd=${cwd} --setgid=${gid} --setuid=${uid} -- "$@"`; // it has no shell
}
