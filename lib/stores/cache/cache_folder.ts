import { join } from "node:path";

/**
 * Where Levada keeps what can be fetched again: `LEVADA_CACHE`, else a folder `levada` where the system keeps such things.
 *
 * @throws {TypeError} If nothing says where; the message names `LEVADA_CACHE`.
 */
export function cacheFolder(ask: (name: string) => string | undefined, system: string = Deno.build.os): string {
  const said = ask("LEVADA_CACHE");
  if (said) return said;
  const [home, own] = [ask("HOME"), ask(system === "windows" ? "LOCALAPPDATA" : "XDG_CACHE_HOME")];
  if (own) return join(own, "levada");
  if (home) return system === "darwin" ? join(home, "Library", "Caches", "levada") : join(home, ".cache", "levada");
  throw new TypeError(
    "Cannot find a folder for the cache: neither LEVADA_CACHE nor HOME can be read. Set LEVADA_CACHE, and allow to read it (--allow-env)",
  );
}
