import { match, rejects, strictEqual } from "node:assert/strict";
import { cacheFolder, preparePython } from "../../../../lib/cli/python.ts";

/** Runs work with other environment variables. */
async function withEnv(env: Record<string, string>, work: () => Promise<void>): Promise<void> {
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    await work();
  } finally {
    for (const [name, value] of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  }
}

const OPTIONS = { name: "test", packages: ["nothing==1"], onProgress: () => {} };

Deno.test("preparePython() says which Python is needed where there is none", async () => {
  await withEnv({ PATH: "/no/such/folder" }, async () => {
    await rejects(preparePython(OPTIONS), {
      name: "CommandError",
      message: /^This needs Python 3\.10 or newer: there is no python3 or python on the PATH\./,
    });
  });
});

Deno.test("preparePython() says which Python is too old", { ignore: Deno.build.os === "windows" }, async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/python3`, "#!/bin/sh\necho 3.9.2\n", { mode: 0o755 });
  await withEnv({ PATH: folder }, async () => {
    await rejects(preparePython(OPTIONS), /^CommandError: This needs Python 3\.10 or newer: python3 is 3\.9\.2\./);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("preparePython() tells what a failing program said", { ignore: Deno.build.os === "windows" }, async () => {
  const folder = await Deno.makeTempDir();
  const script = '#!/bin/sh\n[ "$1" = -c ] && echo 3.12.0 && exit\necho "ensurepip is missing" >&2\nexit 7\n';
  await Deno.writeTextFile(`${folder}/python3`, script, { mode: 0o755 });
  await withEnv({ PATH: folder, XDG_CACHE_HOME: folder }, async () => {
    strictEqual(cacheFolder(), `${folder}/levada`);
    const error = await preparePython(OPTIONS).then(() => undefined, (error: Error) => error);
    match(
      error!.message,
      /^Cannot prepare Python: `python3 -m venv .*` ended with 7\. .*python3-venv.*\nensurepip is missing$/,
    );
  });
  await Deno.remove(folder, { recursive: true });
});
