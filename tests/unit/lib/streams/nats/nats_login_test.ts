import { deepStrictEqual, throws } from "node:assert/strict";
import { natsLogin } from "../../../../../lib/streams/nats/nats_login.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const SEED = `SU${"A".repeat(56)}`;
const CREDS = "-----BEGIN NATS USER JWT-----\neyJ\n------END NATS USER JWT------\n";
const PATH = { name: "nats://h/orders", stream: "orders", user: undefined, password: undefined };
const AUTHENTICATORS = {
  nkeyAuthenticator: (seed: Uint8Array) => ["nkey", new TextDecoder().decode(seed)],
  credsAuthenticator: (creds: Uint8Array) => ["creds", new TextDecoder().decode(creds)],
};

function login(variables: Readonly<Record<string, string>>, path: Parameters<typeof natsLogin>[0] = PATH): object {
  return natsLogin(path, AUTHENTICATORS, (stream, what) => variables[`${stream}_${what}`]);
}

Deno.test("natsLogin() takes user and password, a token, a seed or credentials, as text or from a file", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/seed`, `${SEED}\n`);
  await Deno.writeTextFile(`${folder.path}/user.creds`, CREDS);
  deepStrictEqual(login({}), {});
  deepStrictEqual(login({ orders_TOKEN: "t" }, { ...PATH, user: "ann", password: "p" }), { user: "ann", pass: "p" });
  deepStrictEqual(login({ orders_TOKEN: "t" }), { token: "t" });
  deepStrictEqual(login({ orders_NKEY: SEED }), { authenticator: ["nkey", SEED] });
  deepStrictEqual(login({ orders_NKEY: `${folder.path}/seed` }), { authenticator: ["nkey", SEED] });
  deepStrictEqual(login({ orders_CREDS: CREDS }), { authenticator: ["creds", `${CREDS}\n`] });
  deepStrictEqual(login({ orders_CREDS: `${folder.path}/user.creds` }), { authenticator: ["creds", `${CREDS}\n`] });
});

Deno.test("natsLogin() refuses several logins, files that are not there, and what is no key, without showing it", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/other`, "s3cret");
  const wrong: [Record<string, string>, RegExp][] = [
    [
      { orders_TOKEN: "s3cret", orders_NKEY: SEED },
      /the environment has LEVADA_STREAM_<NAME>_TOKEN and NKEY\. Give one/,
    ],
    [{ orders_NKEY: "s3cret" }, /the file of LEVADA_STREAM_<NAME>_NKEY cannot be read: ENOENT$/],
    [{ orders_NKEY: `${folder.path}/other` }, /_NKEY has to be the seed of a user's nkey \(SU…\), or a file of it$/],
    [{ orders_CREDS: `${folder.path}/other` }, /_CREDS has to be credentials of a user, as nsc writes them/],
  ];
  for (const [variables, message] of wrong) {
    throws(() => login(variables), (error: Error) => {
      deepStrictEqual([message.test(error.message), error.name, /s3cret/.test(`${error.stack}`)], [
        true,
        "StreamError",
        false,
      ]);
      return true;
    });
  }
});
