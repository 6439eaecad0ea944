import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { isSecretName, redactText } from "../../../lib/redact_text.ts";

Deno.test("isSecretName() knows what is a secret by its name, and what only sounds so", () => {
  const secret = [
    "authorization",
    "Proxy-Authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "apiKey",
    "API_KEY",
    "dbPassword",
    "client_secret",
    "ACCESS_TOKEN",
    "token",
    "aws.secret.access.key",
    "x-amz-signature",
  ];
  deepStrictEqual(secret.filter((name) => !isSecretName(name)), []);
  const open = ["step", "tokens_used_total", "monkey", "author", "tokenizer", "keyboard", "key", "path", "basic"];
  deepStrictEqual(open.filter(isSecretName), []);
});

Deno.test("redactText() hides credentials by their form, and leaves the rest", () => {
  strictEqual(redactText("sent Bearer eyJ.abc-d and basic dXNlcg=="), "sent Bearer *** and basic ***");
  strictEqual(redactText("redis://:pw@host:1/0 and https://a:b@c/d"), "redis://***@host:1/0 and https://***@c/d");
  strictEqual(redactText("postgres://admin:p@ss@db/x, mail=ann@b"), "postgres://***@db/x, mail=ann@b");
  strictEqual(
    redactText("https://h/m?a=1&token=t&X-Amz-Signature=s#x"),
    "https://h/m?a=1&token=***&X-Amz-Signature=***",
  );
  strictEqual(redactText("password=hunter2 at home, count=3"), "password=*** at home, count=3");
  strictEqual(redactText("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- tail"), "*** tail");
  strictEqual(redactText('{"password":"p,w\\"d","a":1}'), '{"password":"***","a":1}');
  strictEqual(redactText("{'api_key': 'x y', 'u': 2}"), "{'api_key': '***', 'u': 2}");
  strictEqual(redactText('{"token": 12345, "tokens": ["a", "b"]}'), '{"token": ***, "tokens": ***}');
  strictEqual(redactText("Cookie: a=b; c=d\nnext: x-api-key: abc def"), "Cookie: ***\nnext: x-api-key: *** def");
  strictEqual(redactText("url=https://h/?token=abc&n=1"), "url=https://h/?token=***&n=1");
  strictEqual(redactText("curl --password abc --user x"), "curl --password *** --user x");
  strictEqual(redactText('Authorization: Digest user="ann", response="abc"'), "Authorization: Digest ***");
  strictEqual(redactText('password="cut off'), 'password="***');
  strictEqual(redactText("password: invalid.22x, token: (a)b"), "password: ***, token: ***");
  strictEqual(redactText("ann@example.org bears basics"), "ann@example.org bears basics");
  strictEqual(redactText("x".repeat(20_000)).length, 10_001);
  for (
    const open of [
      'Cannot read secret "TOKEN": TOKEN and TOKEN_FILE are not set',
      'Step "password": no rows',
      "max_tokens: 4096 is too many",
      "input: token: Invalid input: expected string, received undefined; password: Too small: expected string to have >=3 characters",
      "user.password: Required; token: must not be empty",
      "12 pass: 3, fail: 1, code=404, key=name",
      "Unexpected token: }",
      "Unexpected token: ) in line 3",
      "password= ",
      "https://h:1/x?n=1",
      "at file:///a/b.ts:1:2",
    ]
  ) strictEqual(redactText(open), open);
});
