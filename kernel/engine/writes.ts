/** What cells write to standard output past the console, in order with what the console prints. Runs in the engine process. */

import process from "node:process";

type Print = (name: "stdout" | "stderr", text: string) => void;

/** Takes over `process.stdout.write`, `Deno.stdout.write` and `writeSync`, and the same of stderr. */
export function captureWrites(print: Print): void {
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new TextDecoder();
    const take = (data: Uint8Array): number => {
      print(name, decoder.decode(data, { stream: true }));
      return data.byteLength;
    };
    Deno[name].writeSync = take;
    Deno[name].write = (data) => Promise.resolve(take(data));
    Object.defineProperty(process[name], "write", {
      configurable: true,
      writable: true,
      value: (data: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
        if (typeof data === "string") print(name, data);
        else take(data);
        const callback = typeof encoding === "function" ? encoding : done;
        if (typeof callback === "function") queueMicrotask(() => callback());
        return true;
      },
    });
  }
}
