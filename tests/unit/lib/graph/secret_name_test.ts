import { deepStrictEqual } from "node:assert/strict";
import { isMapped, isSecretValue, namedInQuery, namedSecret } from "../../../../lib/graph/secret_name.ts";

Deno.test("namedSecret() tells secrets from what is called like one, and whether the value has to look like one", () => {
  const kinds = {
    always: ["password", "dbPassword", "authorization", "set-cookie", "client_secret", "DBPwd"],
    looks: [
      ...[
        "token",
        "ACCESS_TOKEN",
        "apiKey",
        "x-amz-signature",
        "sessionId",
        "accessTokens",
        "APIToken",
        "HFToken",
        "SASToken",
      ],
      ...["SSHKey", "authtoken", "accesstoken", "csrftoken", "OPENAI_KEY", "openaiKey", "storage_key", "dbPass"],
    ],
    undefined: [
      ...["passwordFile", "tokenUrl", "maxTokens", "maxToken", "eosToken", "pad_token", "signature", "model", "tokens"],
      ...["nextToken", "page_token", "highPass", "first_pass", "partitionKey", "primary_key", "keys", "tokenizer"],
    ],
  };
  deepStrictEqual(
    Object.values(kinds).map((names) => names.map((name) => String(namedSecret(name)))),
    Object.entries(kinds).map(([kind, names]) => names.map(() => kind)),
  );
  deepStrictEqual(["sig", "code", "key", "signature", "page"].filter((name) => namedInQuery(name) === undefined), [
    "page",
  ]);
  deepStrictEqual(["columns", "dropColumns", "types", "headers", "args"].filter(isMapped), [
    "columns",
    "dropColumns",
    "types",
  ]);
});

Deno.test("isSecretValue() takes no numbers, short words and words of settings for secrets, but for passwords", () => {
  const values = ["abcdef", "abcde", "optional", "", 123_456];
  deepStrictEqual(values.map((value) => isSecretValue(value, "looks")), [true, false, false, false, false]);
  deepStrictEqual(values.map((value) => isSecretValue(value, "always")), [true, true, false, false, true]);
  deepStrictEqual(values.map((value) => isSecretValue(value, undefined)), values.map(() => false));
});
