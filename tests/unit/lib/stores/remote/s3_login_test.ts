import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import { s3Login } from "../../../../../lib/stores/remote/s3_login.ts";
import { serveLoopback } from "../../../../support/loopback.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const LATER = () => new Date(Date.now() + 3_600_000).toISOString();

function reading(variables: Record<string, string>): { environment: (name: string) => string | undefined } {
  return { environment: (name) => variables[name] };
}

Deno.test("s3Login() takes keys first, and nobody where there are none", async () => {
  const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" };
  deepStrictEqual(await s3Login("s3://b/k", reading(keys), "r")!.get(), { accessKeyId: "id", secretAccessKey: "key" });
  strictEqual(s3Login("s3://b/k", reading({ AWS_ACCESS_KEY_ID: "id" }), "r"), undefined);
});

Deno.test("s3Login() gets a role by the token in a file, once until it ends (a fake of STS)", async () => {
  await using folder = await temporaryFolder();
  let until = LATER();
  await using sts = serveLoopback(({ body }) => {
    const asked = new URLSearchParams(body);
    const said = ["Action", "RoleArn", "RoleSessionName", "WebIdentityToken"].map((name) => asked.get(name)).join(" ");
    return new Response(
      `<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>${said}</AccessKeyId><SecretAccessKey>key</SecretAccessKey>` +
        `<SessionToken>token</SessionToken><Expiration>${until}</Expiration></Credentials></AssumeRoleWithWebIdentityResponse>`,
    );
  });
  const file = `${folder.path}/token`;
  await Deno.writeTextFile(file, "jwt\n");
  const variables = {
    AWS_ROLE_ARN: "arn:aws:iam::1:role/r",
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_STS: sts.url,
  };
  const keys = {
    accessKeyId: "AssumeRoleWithWebIdentity arn:aws:iam::1:role/r levada jwt",
    secretAccessKey: "key",
    sessionToken: "token",
  };
  const get = (role: string) => s3Login("s3://b/k", reading({ ...variables, AWS_ROLE_ARN: role }), "r")!.get();
  deepStrictEqual(await Promise.all([get(variables.AWS_ROLE_ARN), get(variables.AWS_ROLE_ARN)]), [keys, keys]);
  await get(variables.AWS_ROLE_ARN);
  strictEqual(sts.got.length, 1);
  until = new Date().toISOString();
  await get("other");
  await get("other");
  strictEqual(sts.got.length, 3);
});

Deno.test("s3Login() asks where a container is told to (a fake of ECS and EKS)", async () => {
  await using folder = await temporaryFolder();
  await using agent = serveLoopback(({ headers }) =>
    Response.json({
      AccessKeyId: headers.get("authorization"),
      SecretAccessKey: "key",
      Token: "token",
      Expiration: LATER(),
    })
  );
  await Deno.writeTextFile(`${folder.path}/token`, "pod");
  const variables = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/creds`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: `${folder.path}/token`,
  };
  const keys = await s3Login("s3://b/k", reading(variables), "r")!.get();
  deepStrictEqual(keys, { accessKeyId: "pod", secretAccessKey: "key", sessionToken: "token" });
  throws(() => s3Login("s3://b/k", reading({ AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://evil.example/creds" }), "r"), {
    name: "TypeError",
    message: 'Cannot open "s3://b/k": AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor this machine\'s',
  });
});

Deno.test("s3Login() says why there are no keys, and no word of a token", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/token`, "hunter2");
  for (
    const [answer, status, message] of [["", 200, /has none$/], ["<Error/>", 403, /answers 403$/], [
      "{",
      200,
      /has none$/,
    ]] as const
  ) {
    await using issuer = serveLoopback(({ body, headers }) =>
      new Response(`${answer}${answer === "" ? `${body}${headers.get("authorization")}` : ""}`, { status })
    );
    const role = {
      AWS_ROLE_ARN: "r",
      AWS_WEB_IDENTITY_TOKEN_FILE: `${folder.path}/token`,
      AWS_ENDPOINT_URL_STS: issuer.url,
    };
    const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: issuer.url, AWS_CONTAINER_AUTHORIZATION_TOKEN: "hunter2" };
    for (const variables of [role, container]) {
      const item = openItem("s3://bucket/key", {
        ...reading(variables as unknown as Record<string, string>),
        retries: 0,
      });
      await rejects(
        item.get(),
        (error: Error) =>
          error.name === "StoreError" && message.test(error.message) && !Deno.inspect(error).includes("hunter2"),
      );
    }
  }
  const gone = { AWS_ROLE_ARN: "r", AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere/token" };
  await rejects(s3Login("s3://b/k", reading(gone), "r")!.get(), {
    name: "SecretError",
    message: /there is no file "\/nowhere\/token"/,
  });
});
