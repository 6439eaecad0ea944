/** The thread beside one that loads a module of a person's: it ends the process where that one hears nothing any more. */

import process from "node:process";
import type { GuardWish } from "./guard_loading.ts";

declare const self: {
  onmessage: (event: { readonly data: GuardWish }) => void;
  postMessage(word: string): void;
};

const HEARING_MS = 500; // who hears a signal has ended this thread by then

self.onmessage = ({ data: { path, leftMs } }) => {
  const end = (code: number, why: string) => {
    const text =
      `levada: Cannot load ${path}: what stands at its top level computes without a pause, and is ended ${why}\n`;
    Deno.stderr.writeSync(new TextEncoder().encode(text));
    endProcess(code);
  };
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => setTimeout(() => end(code, `by ${signal}`), HEARING_MS));
  }
  if (leftMs !== undefined) setTimeout(() => end(1, "as it is too late"), Math.max(0, leftMs));
  self.postMessage("ready");
};

/** `Deno.exit` ends a thread alone. Who may not ask the C library ends without a code of its own. */
function endProcess(code: number): void {
  try {
    if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") throw new Error("it would be asked for");
    const library = Deno.build.os === "darwin" ? "libSystem.dylib" : "libc.so.6";
    Deno.dlopen(library, { _exit: { parameters: ["i32"], result: "void" } }).symbols._exit(code);
  } catch {
    process.kill(process.pid, "SIGKILL");
  }
}
