import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { createVerify, generateKeyPairSync } from "node:crypto";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import { googleToken } from "../../../../../lib/stores/remote/google_token.ts";
import { serveLoopback } from "../../../../support/loopback.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const PAIR = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PRIVATE = PAIR.privateKey.export({ type: "pkcs8", format: "pem" }) as string;

function reading(variables: Record<string, string>): { environment: (name: string) => string | undefined } {
  return { environment: (name) => variables[name] };
}

function account(fields: object): Record<string, string> {
  return {
    GCP_CREDENTIALS: JSON.stringify({
      type: "service_account",
      client_email: "me@p.iam",
      private_key: PRIVATE,
      ...fields,
    }),
  };
}

Deno.test("googleToken() gives what is set", async () => {
  strictEqual(await googleToken(reading({ GOOGLE_ACCESS_TOKEN: "t" }))!.get("gs://b/k"), "t");
  strictEqual(googleToken(reading({})), undefined);
});

Deno.test("googleToken() signs for a service account, asks once for all, and again when the token ends", async () => {
  let life = 3600;
  await using server = serveLoopback(({ body }) => {
    const [head, claims, signature] = new URLSearchParams(body).get("assertion")!.split(".") as [
      string,
      string,
      string,
    ];
    const isSigned = createVerify("RSA-SHA256").update(`${head}.${claims}`).verify(
      PAIR.publicKey,
      signature,
      "base64url",
    );
    const { iss, aud, scope } = JSON.parse(
      new TextDecoder().decode(Uint8Array.fromBase64(claims, { alphabet: "base64url" })),
    );
    return Response.json({
      access_token: [isSigned, iss, aud.endsWith("/token"), scope.split("/").at(-1)].join(),
      expires_in: life,
    });
  });
  const token = googleToken(reading(account({ token_uri: `${server.url}/token`, private_key_id: "k1" })))!;
  deepStrictEqual(
    new Set(await Promise.all([token.get("gs://b/1"), token.get("gs://b/2")])),
    new Set(["true,me@p.iam,true,devstorage.read_write"]),
  );
  await token.get("gs://b/3");
  const asked = server.got.length;
  strictEqual(asked, 1);
  life = 30;
  const short = googleToken(reading(account({ token_uri: `${server.url}/token`, private_key_id: "k2" })))!;
  await short.get("gs://b/k");
  await short.get("gs://b/k");
  strictEqual(server.got.length, asked + 2);
});

Deno.test("googleToken() takes a user's key, a file, and the machine's account", async () => {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(({ body, path, headers }) => {
    const said = body === ""
      ? `${headers.get("metadata-flavor")} ${path.split("?")[0]}`
      : new URLSearchParams(body).get("refresh_token");
    return Response.json({ access_token: said });
  });
  const file = `${folder.path}/key.json`;
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      type: "authorized_user",
      refresh_token: "r",
      client_id: "i",
      client_secret: "s",
      token_uri: server.url,
    }),
  );
  strictEqual(await googleToken(reading({ GOOGLE_APPLICATION_CREDENTIALS: file }))!.get("gs://b/k"), "r");
  strictEqual(
    await googleToken(reading({ GCE_METADATA_HOST: server.url.replace("http://", "") }))!.get("gs://b/k"),
    "Google /computeMetadata/v1/instance/service-accounts/default/token",
  );
});

Deno.test("googleToken() says what is wrong, and no word of a key", async () => {
  throws(() => googleToken(reading({ GOOGLE_APPLICATION_CREDENTIALS: "/nowhere/key.json" })), {
    name: "SecretError",
    message: /there is no file "\/nowhere\/key\.json"/,
  });
  const wrong: [Record<string, string>, RegExp][] = [
    [{ GCP_CREDENTIALS: "hunter2" }, /GCP_CREDENTIALS is no JSON object$/],
    [{ GCP_CREDENTIALS: '{"type":"service_account"}' }, /has no client_email and private_key$/],
    [account({ private_key: "hunter2" }), /the private_key in GCP_CREDENTIALS is none$/],
  ];
  for (const [variables, message] of wrong) {
    const error = await googleToken(reading(variables))!.get("gs://b/k").catch((thrown: Error) => thrown) as Error;
    strictEqual(message.test(error.message), true, error.message);
    strictEqual(Deno.inspect(error).includes("hunter2"), false);
  }
  await using server = serveLoopback(() => Response.json({ error: "invalid_grant", hint: PRIVATE }, { status: 400 }));
  await rejects(googleToken(reading(account({ token_uri: server.url })))!.get("gs://b/k"), {
    name: "StoreError",
    reason: "forbidden",
    message: 'Cannot get credentials for "gs://b/k": who issues them answers 400',
  });
});

Deno.test("a gs item sends its token to the store, and a refusal says where it came from", async () => {
  await using server = serveLoopback(({ headers }) =>
    headers.get("authorization") === "Bearer good"
      ? new Response("x")
      : Response.json({ error: { errors: [{ reason: "forbidden" }] } }, { status: 403 })
  );
  const open = (token: string) =>
    openItem("gs://b/k", { ...reading({ GOOGLE_ACCESS_TOKEN: token }), endpoint: server.url });
  strictEqual((await open("good").get()).length, 1);
  await rejects(open("bad").get(), {
    message:
      'Cannot read "gs://b/k": the store does not let us (403 forbidden). GOOGLE_ACCESS_TOKEN may not do this, or is out of date',
  });
});
