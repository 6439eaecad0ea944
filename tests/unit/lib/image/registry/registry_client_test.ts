import { deepStrictEqual, match, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { RegistryClient } from "../../../../../lib/image/registry/registry_client.ts";
import { RegistryError } from "../../../../../lib/image/registry/registry_error.ts";
import { serveAnswers } from "../../../../support/served_answers.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

// A real registry, with logins, is asked by the image suite; here stands what only one does that means ill, with a second host.

/** Asks `registry` for a blob, as somebody who is logged in there. */
async function asked(
  registry: string,
  { login = { auth: btoa("anna:secret-pw") }, method = "GET", body }: {
    readonly login?: object;
    readonly method?: string;
    readonly body?: Uint8Array<ArrayBuffer>;
  } = {},
): Promise<string> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "config.json"), JSON.stringify({ auths: { [registry]: login } }));
  const env = (name: string) => name === "DOCKER_CONFIG" ? folder.path : undefined;
  const client = new RegistryClient({ registry, repository: "team/small" }, { env, pauseMs: 1, actions: "pull" });
  const url = client.url("/v2/team/small/blobs/x");
  const answer = await client.ask(url, {
    act: "pull small",
    method,
    isOnce: true,
    ...body === undefined ? {} : { body },
  });
  return await answer.text();
}

/** A second host, which asks for a login, and what it got. */
function serveStranger() {
  const got: (string | null)[] = [];
  const server = serveAnswers(async (request) => {
    got.push(request.headers.get("authorization"), await request.text());
    const realm = `http://${new URL(request.url).host}/token`;
    return new Response(null, { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}"` } });
  });
  return { ...server, got };
}

Deno.test("RegistryClient.ask() gives a login to no other host that asks for one on the way", async () => {
  await using stranger = serveStranger();
  for (
    const { status, method } of [{ status: 307, method: "GET" }, { status: 302, method: "GET" }, {
      status: 307,
      method: "PATCH",
    }]
  ) {
    await using registry = serveAnswers((request) =>
      request.headers.get("authorization") === null
        ? new Response(null, { status: 401, headers: { "www-authenticate": "Basic" } })
        : new Response(null, { status, headers: { location: `http://${stranger.host}/blob?signed` } })
    );
    const body = method === "PATCH" ? { body: new Uint8Array([65]) } : {};
    const error = await asked(registry.host, { method, ...body }).then(() => undefined, (error) => error);
    strictEqual(error instanceof RegistryError && error.status, 401);
    match(error.message, /sends to 127\.0\.0\.1:\d+, which asks for a login \(401\): that of 127\S+ goes to no other/);
  }
  deepStrictEqual(stranger.asked, ["GET /blob?signed", "GET /blob?signed", "PATCH /blob?signed"]);
  deepStrictEqual(stranger.got, [null, "", null, "", null, "A"]);
});

Deno.test("RegistryClient.ask() takes a blob from another place, which gets no login", async () => {
  const got: (string | null)[] = [];
  await using store = serveAnswers((request) => {
    got.push(request.headers.get("authorization"));
    return new Response("blob");
  });
  await using registry = serveAnswers((request) =>
    request.headers.get("authorization") === null
      ? new Response(null, { status: 401, headers: { "www-authenticate": "Basic" } })
      : new Response(null, { status: 307, headers: { location: `http://${store.host}/blob` } })
  );
  strictEqual(await asked(registry.host), "blob");
  deepStrictEqual(got, [null]);
});

Deno.test("RegistryClient.ask() logs in where the registry says, and no further: a redirect of tokens is not followed", async () => {
  await using stranger = serveStranger();
  for (const login of [{ auth: btoa("anna:secret-pw") }, { auth: btoa("anna:"), identitytoken: "refresh-secret" }]) {
    await using registry = serveAnswers((_, { pathname, host }) => {
      if (pathname === "/token") {
        return new Response(null, { status: 307, headers: { location: `http://${stranger.host}/token` } });
      }
      const challenge = { "www-authenticate": `Bearer realm="http://${host}/token"` };
      return new Response(null, { status: 401, headers: challenge });
    });
    await rejects(asked(registry.host, { login }), /Cannot pull small: log in: 127\S+ answers 307/);
  }
  deepStrictEqual(stranger.asked, []);
});

Deno.test("RegistryClient.place() is none of another network's http, nor anything else that all could read", async () => {
  const wish = { env: () => undefined, actions: "pull" } as const;
  const far = new RegistryClient({ registry: "registry.test", repository: "small" }, wish);
  const near = new RegistryClient({ registry: "127.0.0.1:5000", repository: "small" }, wish);
  strictEqual(String(far.place("push", "/v2/uploads/1")), "https://registry.test/v2/uploads/1");
  strictEqual(String(far.place("push", "https://store.test/1")), "https://store.test/1");
  strictEqual(String(near.place("push", "http://127.0.0.1:6000/1")), "http://127.0.0.1:6000/1");
  for (const place of ["http://registry.test/v2/", "http://127.0.0.1/", "ftp://store.test/", "https://", "data:,x"]) {
    throws(
      () => far.place("push", place),
      /^ImageError: Cannot push: registry\.test sends to (\w+:\/\/\S*, which is no https URL|what is no URL)$/,
    );
  }
  throws(() => near.place("push", "http://store.test/1"), /sends to http:\/\/store\.test, which is no https URL/);
  await using registry = serveAnswers(() =>
    new Response(null, { status: 307, headers: { location: "http://store.test/" } })
  );
  await rejects(asked(registry.host), /127\S+ sends to http:\/\/store\.test, which is no https URL/);
});
