import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { findCredentials } from "../../../../../lib/image/registry/credentials.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const HOST = "registry.example.com:5000";

async function look(
  config: unknown,
  registry = HOST,
  text = JSON.stringify(config),
  helperMs?: number,
): Promise<unknown> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "config.json"), text);
  return await findCredentials(registry, (name) => name === "DOCKER_CONFIG" ? folder.path : undefined, {
    ...helperMs === undefined ? {} : { helperMs },
  });
}

Deno.test("findCredentials() reads each way in which logins are kept", async () => {
  const login = { user: "ada", password: "pass:word" };
  deepStrictEqual(await look({ auths: { [HOST]: { auth: btoa("ada:pass:word") } } }), login);
  deepStrictEqual(await look({ auths: { [`https://${HOST}`]: { username: "ada", password: "pass:word" } } }), login);
  deepStrictEqual(await look({ auths: { [HOST]: { auth: btoa("x:"), identitytoken: "token" } } }), {
    refreshToken: "token",
  });
  deepStrictEqual(
    await look({ auths: { "https://index.docker.io/v1/": { auth: btoa("ada:pass:word") } } }, "docker.io"),
    login,
  );
  for (
    const none of [{}, { auths: {} }, { auths: { "other.example.com": { auth: btoa("a:b") } } }, {
      auths: { [HOST]: {} },
    }]
  ) {
    strictEqual(await look(none), undefined);
  }
  strictEqual(await look(undefined, HOST, ""), undefined);
  strictEqual(await findCredentials(HOST, () => undefined), undefined);
  strictEqual(await findCredentials("constructor", () => undefined), undefined);
});

Deno.test("findCredentials() looks into podman's file, and first into REGISTRY_AUTH_FILE", async () => {
  await using folder = await temporaryFolder();
  const write = (path: string, user: string) =>
    Deno.writeTextFile(join(folder.path, path), JSON.stringify({ auths: { [HOST]: { auth: btoa(`${user}:p`) } } }));
  await Deno.mkdir(join(folder.path, "containers"));
  await write("containers/auth.json", "podman");
  await write("own.json", "own");
  const env: Record<string, string> = { XDG_RUNTIME_DIR: folder.path };
  deepStrictEqual(await findCredentials(HOST, (name) => env[name]), { user: "podman", password: "p" });
  env.REGISTRY_AUTH_FILE = join(folder.path, "own.json");
  deepStrictEqual(await findCredentials(HOST, (name) => env[name]), { user: "own", password: "p" });
});

Deno.test("findCredentials() looks where podman keeps logins without XDG_RUNTIME_DIR, and in ~/.config", async () => {
  await using folder = await temporaryFolder();
  const write = async (path: string, user: string) => {
    await Deno.mkdir(join(folder.path, path, "containers"), { recursive: true });
    const text = JSON.stringify({ auths: { [HOST]: { auth: btoa(`${user}:p`) } } });
    await Deno.writeTextFile(join(folder.path, path, "containers/auth.json"), text);
  };
  const find = (env: Record<string, string>) =>
    findCredentials(HOST, (name) => env[name], { runFolder: join(folder.path, "run") });
  const home = join(folder.path, "home");
  await write("home/.config", "config");
  deepStrictEqual(await find({ HOME: home }), { user: "config", password: "p" });
  deepStrictEqual(await find({ XDG_CONFIG_HOME: join(home, ".config") }), { user: "config", password: "p" });
  if (Deno.uid() === null) return; // a system without such users
  await Deno.mkdir(join(folder.path, "run/containers"), { recursive: true });
  await write("run/elsewhere", "run");
  await Deno.rename(join(folder.path, "run/elsewhere/containers"), join(folder.path, `run/containers/${Deno.uid()}`));
  deepStrictEqual(await find({ HOME: home }), { user: "run", password: "p" });
});

Deno.test("findCredentials() takes the login that is closest to the repository", async () => {
  await using folder = await temporaryFolder();
  const auths = {
    [HOST]: { auth: btoa("all:p") },
    [`${HOST}/team`]: { auth: btoa("team:p") },
    [`${HOST}/team/shop`]: { auth: btoa("shop:p") },
  };
  const file = join(folder.path, "auth.json");
  await Deno.writeTextFile(file, JSON.stringify({ auths }));
  const user = async (repository: string) =>
    await findCredentials(HOST, (name) => name === "REGISTRY_AUTH_FILE" ? file : undefined, { repository });
  deepStrictEqual(await user("team/shop"), { user: "shop", password: "p" });
  deepStrictEqual(await user("team/other"), { user: "team", password: "p" });
  deepStrictEqual(await user("teams/shop"), { user: "all", password: "p" });
});

Deno.test("findCredentials() says what is broken, and no password", async () => {
  for (const text of ["{", "null", "[secret", '"secret"']) {
    const message = /^Cannot read the logins in .*config.json: it is no JSON object. Log in again, or mend it$/;
    await rejects(look(undefined, HOST, text), { name: "ImageError", message });
  }
  await rejects(look({ auths: { [HOST]: { auth: "no base64!" } } }), {
    name: "ImageError",
    message: /not user:password as base64/,
  });
  await rejects(look({ auths: { [HOST]: { auth: btoa("nocolon") } } }), { message: /not user:password as base64/ });
  await rejects(look({ credHelpers: { [HOST]: "levada-nobody" } }), {
    name: "ImageError",
    message: /^Cannot ask docker-credential-levada-nobody for the login of registry.example.com:5000: /,
  });
});

Deno.test({
  name: "findCredentials() asks programs that keep logins",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await temporaryFolder();
    const program = join(folder.path, "docker-credential-levada-test");
    const answers = async (script: string, helperMs?: number) => {
      await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return await look({ credsStore: "levada-test" }, HOST, undefined, helperMs);
    };
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", `${folder.path}:${path}`);
    try {
      deepStrictEqual(await answers(`read host; echo "{\\"Username\\":\\"$host\\",\\"Secret\\":\\"s\\"}"`), {
        user: HOST,
        password: "s",
      });
      deepStrictEqual(await answers(`echo '{"Username":"<token>","Secret":"s"}'`), { refreshToken: "s" });
      strictEqual(await answers("echo credentials not found in native keychain; exit 1"), undefined);
      await rejects(answers("exit 1"), { message: /it ended with an error$/ });
      await rejects(answers("echo secret"), { message: /it answers no JSON$/ });
      await rejects(answers("exec sleep 600", 100), { message: /it does not answer within 0\.1 s$/ });
    } finally {
      Deno.env.set("PATH", path);
    }
  },
});
