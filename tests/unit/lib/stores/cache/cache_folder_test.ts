import { strictEqual, throws } from "node:assert/strict";
import { cacheFolder } from "../../../../../lib/stores/cache/cache_folder.ts";

Deno.test("cacheFolder() is where the system keeps such things, or where LEVADA_CACHE says", () => {
  const ask = (variables: Record<string, string>) => (name: string) => variables[name];
  strictEqual(cacheFolder(ask({ LEVADA_CACHE: "/c", HOME: "/h" }), "linux"), "/c");
  strictEqual(cacheFolder(ask({ HOME: "/h", XDG_CACHE_HOME: "/x" }), "linux"), "/x/levada");
  strictEqual(cacheFolder(ask({ HOME: "/h" }), "linux"), "/h/.cache/levada");
  strictEqual(cacheFolder(ask({ HOME: "/h" }), "darwin"), "/h/Library/Caches/levada");
  strictEqual(cacheFolder(ask({ LOCALAPPDATA: "/l" }), "windows"), "/l/levada");
  throws(() => cacheFolder(() => undefined, "linux"), /Set LEVADA_CACHE/);
});
