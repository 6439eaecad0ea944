import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { Secret } from "levada";
import {
  copyOfData,
  dataOf,
  documentData,
  secretPlaces,
  sentSecrets,
  withSecrets,
} from "../../../../lib/graph/secret_data.ts";

const SECRET = new Secret("TOKEN", "abc");
const environment = (name: string) => ({ TOKEN: "t/k", USER: "u@x", SAS: "?sig=1" })[name];

Deno.test("documentData() has what is written out as ***, by name and by form, and references as they are", () => {
  const data = {
    apiKey: "key-of-ann",
    nested: { dbPassword: 1234, auth: { user: "ann-of-h", roles: ["operator"] } },
    url: "https://bob:pw@h/x?token=token-of-ann&n=1&sig=abcdef",
    dsn: "host=db password=x",
    headers: { authorization: "Bearer abcdef", accept: "text/plain" },
    text: "Bearer abcdef",
    key: "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
    held: SECRET,
  };
  deepStrictEqual(documentData(data), {
    apiKey: "***",
    nested: { dbPassword: "***", auth: { user: "***", roles: ["***"] } },
    url: "https://bob:***@h/x?token=***&n=1&sig=***",
    dsn: "host=db password=***",
    headers: { authorization: "***", accept: "text/plain" },
    text: "Bearer ***",
    key: "*** (a secret was here)",
    held: { $secret: "TOKEN" },
  });
  const others = {
    headers: { "x-functions-key": "key-of-ann", accept: "Token abc123def" },
    more: [{ name: "Authorization", value: "key-of-ann" }, { name: "accept", value: "text/plain" }],
    masterKey: "key-of-ann",
    sharedKey: "key-of-ann",
    hmacKey: "key-of-ann",
    pass: "pass-of-ann",
    text: `rk_live_${"a1".repeat(12)}`,
  };
  deepStrictEqual(documentData(others), {
    headers: { "x-functions-key": "***", accept: "Token ***" },
    more: [{ name: "Authorization", value: "***" }, { name: "accept", value: "text/plain" }],
    masterKey: "***",
    sharedKey: "***",
    hmacKey: "***",
    pass: "***",
    text: "*** (a secret was here)",
  });
  deepStrictEqual(secretPlaces(documentData(others)).map(({ kind }) => kind), Array(8).fill("leftOut"));
  const open = {
    apiKey: "${API_KEY}",
    headers: { authorization: "Bearer ${TOKEN}" },
    url: "https://${USER}:${PASSWORD}@h:1/x?${SAS}&token=${TOKEN}&n=1",
    passwordFile: "/run/secrets/db",
    tokenUrl: "https://h/token",
    maxTokens: 256,
    stopTokens: ["</s>"],
    secretName: "db",
    key: "id",
    prompt: "The token: basic usage, see https://h/a?b=1",
    password: "",
    useAuth: true,
    nothing: null,
    signature: "serving_default",
    eosToken: "<|endoftext|>",
    pad_token: "[PADDING]",
    maxToken: 5,
    token: 123_456_789,
    authorization: "none",
    credentials: "same-origin",
    pass: 2,
    scheme: "Token expired",
    columns: { token: "[UNKNOWN]", session_id: "first one" },
    sql: "select a from t where token=5 and session_id=1",
    sep: "***",
    mask: "***",
    nextToken: "page-two",
    highPass: "butterworth",
    page: "https://${USER}:${PASSWORD}@store/x?mail=a@b",
    scoped: "https://h:8080/@scope/x",
    rule: "a=***",
  };
  deepStrictEqual(documentData(open), open);
  deepStrictEqual(secretPlaces(open), []);
});

Deno.test("documentData() hides a URL's password whatever is in it, and shows where it stood", () => {
  const urls = {
    slash: "http://ann:hun/ter2@127.0.0.1/x",
    base64: "amqp://ann:aB3/dE5+fG==@mq:5672",
    query: "postgres://ann:p?w@h",
    fragment: "s3://k:a#b@bucket",
    scoped: "https://ann:pw@registry.example/@scope/x",
    word: `https://${"a1".repeat(10)}@h/x@2`,
  };
  const hidden = {
    slash: "http://ann:***@127.0.0.1/x",
    base64: "amqp://ann:***@mq:5672",
    query: "postgres://ann:***@h",
    fragment: "s3://k:***@bucket",
    scoped: "https://ann:***@registry.example/@scope/x",
    word: "https://***@h/x@2",
  };
  deepStrictEqual(documentData(urls), hidden);
  deepStrictEqual(documentData(urls, { byName: false }), hidden);
  deepStrictEqual(secretPlaces(urls).map(({ kind }) => kind), Array(6).fill("literal"));
  deepStrictEqual(secretPlaces(hidden).map(({ kind }) => kind), Array(6).fill("leftOut"));
});

Deno.test("documentData() of what may name columns goes by form alone", () => {
  const data = {
    token: "a word",
    names: { password: "pw", access_token: "long words" },
    note: "password=optional",
    page: "https://h/a?key=abc&token=x",
    url: "https://bob:pw@h/x?token=token-of-ann",
    key: `sk_live_${"a".repeat(24)}`,
    held: SECRET,
  };
  deepStrictEqual(documentData(data, { byName: false }), {
    ...data,
    url: "https://bob:***@h/x?token=***",
    key: "*** (a secret was here)",
    held: { $secret: "TOKEN" },
  });
});

Deno.test("secretPlaces() tells where secrets are written out, and where a document has left them out", () => {
  const data = { apiKey: "key-of-ann", list: [{ url: "https://a:b@h/" }], headers: { cookie: "a=b" } };
  const literal = ["apiKey", "list[0].url", "headers.cookie"];
  deepStrictEqual(secretPlaces(data), literal.map((path) => ({ path, kind: "literal" })));
  deepStrictEqual(secretPlaces(documentData(data)), literal.map((path) => ({ path, kind: "leftOut" })));
  deepStrictEqual(secretPlaces({ token: SECRET, stars: "a *** b" }), []);
});

Deno.test("withSecrets() reads what arguments, headers and URLs name, and leaves other text", () => {
  deepStrictEqual(
    withSecrets({
      apiKey: "${TOKEN}",
      headers: { authorization: "Bearer ${TOKEN}", "x-user": "${USER}" },
      url: "https://${USER}:${TOKEN}@h/x?${SAS}&token=${TOKEN}",
      prompt: "Say ${NAME}",
      template: "https://h/items/${id}?n=${n}",
      modelPath: "https://${USER}@h/m.onnx",
      held: SECRET,
    }, { environment }),
    {
      apiKey: "t/k",
      headers: { authorization: "Bearer t/k", "x-user": "u@x" },
      url: "https://u%40x:t%2Fk@h/x?sig=1&token=t/k",
      prompt: "Say ${NAME}",
      template: "https://h/items/${id}?n=${n}",
      modelPath: "https://${USER}@h/m.onnx",
      held: SECRET,
    },
  );
  throws(() => withSecrets({ apiKey: "${NOBODY}" }, { environment }), { name: "SecretError", message: /"NOBODY"/ });
});

Deno.test("dataOf() gives back a Secret, which is read when it is asked for, or was sent along", () => {
  const { held } = dataOf(JSON.parse(JSON.stringify(documentData({ held: SECRET })))) as { held: Secret };
  strictEqual(held.name, "TOKEN");
  const sent = dataOf(structuredClone(sentSecrets({ list: [SECRET] }))) as { list: Secret[] };
  deepStrictEqual([sent.list[0]!.name, sent.list[0]!.reveal()], ["TOKEN", "abc"]);
});

Deno.test("copyOfData() copies data, and keeps secrets", () => {
  const data = { list: [{ a: 1 }], held: SECRET };
  const copy = copyOfData(data);
  copy.list[0]!.a = 2;
  deepStrictEqual([data.list[0]!.a, copy.held === SECRET], [1, true]);
});
