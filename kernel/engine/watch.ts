/** Ends the engine process when the kernel is gone, however it went: a cell in a loop does not notice that nobody listens. */

/** `read` ends when the pipe does, and the pipe when the kernel does. Signals to the whole group are not for it. */
const SCRIPT = `trap '' HUP INT TERM; read -r _; kill -9 "$1"`;

/** Watches over a process until it is disposed; on Windows, where there is no such shell, nothing watches. */
export function watchOver(pid: number): AsyncDisposable {
  if (Deno.build.os === "windows") return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const watcher = new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, "sh", String(pid)],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      end(watcher); // before the pipe ends: the number may soon be another process's
      await watcher.status;
      await watcher.stdin.close().catch(() => {}); // the pipe is broken: that was the aim
    },
  };
}

function end(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended already
  }
}
