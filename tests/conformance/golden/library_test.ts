import { deepStrictEqual } from "node:assert/strict";
import { knownNames } from "./meanings.ts";
import { knownClasses } from "./ready_steps.ts";

Deno.test("every name of library.json has a meaning here, or is told to be lacking", async () => {
  const library = JSON.parse(await Deno.readTextFile(new URL("library.json", import.meta.url)));
  const { handlers, expressions, event_handlers, classes, models, routers } = library;
  const names = [handlers, event_handlers, classes, models, routers].flatMap((table) => Object.keys(table));
  const known = new Set([...knownNames(), ...knownClasses()].map((name) => name.split(".go")[0]!));
  const bare = [...names.map((name) => name.replace(/\(.*\)$/, "")), ...Object.keys(expressions)];
  deepStrictEqual(bare.filter((name) => !known.has(name)), []);
});
