/** Processes that end with the one that started them, whatever they do and however that ends: on Linux the kernel sees to it. */

/** The first lines of a script that is to do so. */
export const TIED = `if (Deno.build.os === "linux") {
  try {
    const prctl = { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" };
    Deno.dlopen("libc.so.6", { prctl }).symbols.prctl(1, 9n, 0n, 0n, 0n);
  } catch { /* a C library of another name */ }
  if (Deno.ppid !== ${Deno.pid}) Deno.exit(1);
}
`;

/** What Deno is told so that it does one of its own commands, tied: the process that has tied itself becomes that. */
export function tiedWords(words: readonly string[]): string[] {
  const [program, ...rest] = [Deno.execPath(), ...words].map((word) => JSON.stringify(word));
  const script = `${TIED}
const words = [${program}, ${rest.join(", ")}];
if (Deno.build.os === "linux") {
  try {
    const texts = words.map((word) => new TextEncoder().encode(word + "\\0"));
    const places = texts.map((text) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(text)));
    const execv = { parameters: ["buffer", "buffer"], result: "i32" };
    Deno.dlopen("libc.so.6", { execv }).symbols.execv(texts[0], new BigUint64Array([...places, 0n]));
  } catch { /* a C library of another name */ }
}
const [program, ...args] = words;
Deno.exit((await new Deno.Command(program, { args }).spawn().status).code);
`;
  return ["eval", "--no-config", "--no-lock", "--quiet", script];
}
