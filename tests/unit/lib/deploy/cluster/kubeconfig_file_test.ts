import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ClusterError } from "../../../../../lib/deploy/cluster/cluster_error.ts";
import {
  mergeKubeconfigs,
  namesOf,
  partOf,
  readKubeconfig,
} from "../../../../../lib/deploy/cluster/kubeconfig_file.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const SECRET = "s3cret-of-nobody";

async function refusalOf(content: string | Uint8Array): Promise<string> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "config");
  await Deno.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
  const error = await readKubeconfig(file).then(() => undefined, (error: unknown) => error);
  ok(error instanceof ClusterError, `${error}`);
  ok(!Deno.inspect(error).includes(SECRET), "a secret is told");
  return error.message.replace(file, "FILE");
}

Deno.test("readKubeconfig() says why a file is none, and nothing of what stands in it", async () => {
  const none = "Cannot reach a cluster: FILE is no kubeconfig: ";
  for (
    const [content, said] of [
      [`users: [{name: a, user: {token: *${SECRET}}}]`, "Unresolved alias (the anchor must be set before the alias)"],
      [`token: @${SECRET}`, "Plain value cannot start with reserved character @"],
      [`token: "${SECRET}`, `Missing closing "quote`],
      [`a: b: ${SECRET}`, "Nested mappings are not allowed in compact mappings"],
      [`users:\n\t- ${SECRET}`, "Tabs are not allowed as indentation"],
      ["[".repeat(50_000), "Maximum call stack size exceeded"],
      [bomb(), "Excessive alias count indicates a resource exhaustion attack"],
      [SECRET, "Invalid input"],
      [`[${SECRET}]`, "Invalid input: expected object, received array"],
      [`users: ${SECRET}`, "users: Invalid input: expected array, received string"],
      [`users: [{user: {token: ${SECRET}}}]`, "users: 0: name: Invalid input: expected string, received undefined"],
      ["a\n---\nb", "Source contains multiple documents; please use YAML.parseAllDocuments()"],
      [new Uint8Array(17 * 1024 * 1024).fill(0x61), "it is larger than 16777216 bytes"],
    ] as const
  ) strictEqual((await refusalOf(content)).slice(0, none.length + said.length), none + said);
});

/** Nine times nine times nine… of one text. */
function bomb(): string {
  const lists = [..."bcdefghi"].map((name, index) => {
    const before = "abcdefgh"[index]!;
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
  });
  return [`a: &a ["lol"]`, ...lists].join("\n");
}

Deno.test("readKubeconfig() ends where a file does not", async () => {
  await rejects(readKubeconfig("/dev/zero"), { name: "ClusterError", message: /larger than 16777216 bytes/ });
});

Deno.test("readKubeconfig() has nothing where there is no file; a folder cannot be read", async () => {
  await using folder = await temporaryFolder();
  strictEqual(await readKubeconfig(join(folder.path, "none")), undefined);
  await rejects(readKubeconfig(folder.path), { name: "ClusterError", message: /cannot be read: Is a directory/ });
});

Deno.test("readKubeconfig() keeps names that mean something to the language", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "config");
  await Deno.writeTextFile(file, `{"users":[{"name":"__proto__","user":{"token":"a"}}],"__proto__":{"clusters":[]}}`);
  const { users, clusters } = (await readKubeconfig(file))!;
  deepStrictEqual([[...users.keys()], clusters.size], [["__proto__"], 0]);
  deepStrictEqual(partOf(users, "__proto__", "user").value, { token: "a" });
});

Deno.test("mergeKubeconfigs() has of each name the first file's, and the first context that is said", () => {
  const part = (folder: string) => new Map([["a", { value: {}, folder }]]);
  const config = (folder: string, current: string | undefined) =>
    ({ current, clusters: part(folder), users: part(folder), contexts: part(folder) }) as const;
  const merged = mergeKubeconfigs([config("one", ""), config("two", "b"), config("three", "c")]);
  deepStrictEqual([merged.current, merged.users.get("a")?.folder], ["b", "one"]);
});

Deno.test("namesOf() tells ten names of many, and cuts long ones", () => {
  const parts = new Map(Array.from({ length: 200 }, (_, n) => [`c${n}`, { value: {}, folder: "" }] as const));
  strictEqual(namesOf(parts), `"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9" and 190 more`);
  strictEqual(namesOf(new Map([[`${"x".repeat(150)}`, { value: {}, folder: "" }]])), `"${"x".repeat(100)}…"`);
  strictEqual(namesOf(new Map([["a\n\x1b[2J", { value: {}, folder: "" }]])), `"a\\n\\u001b[2J"`);
});
