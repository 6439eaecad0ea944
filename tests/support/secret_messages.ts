/** Errors' messages with a secret in them: in each form that is known, by the form's name. */

/** What nobody may see. */
export const SECRET = "hunter-22x";

/** Messages by the form of the secret; each has words before it that may be seen. */
export const SECRET_MESSAGES: Readonly<Record<string, string>> = {
  "a URL's password": `cannot reach https://bob:${SECRET}@store/x`,
  "a URL's password with a slash": `cannot reach https://bob:a/${SECRET}@store/x`,
  "a URL's query": `cannot reach https://store/x?n=1&token=${SECRET}&m=2`,
  "a URL's code": `cannot reach https://store/x?n=1&code=${SECRET}&m=2`,
  "a URL's key": `cannot reach https://store/x?key=${SECRET}`,
  "a login's form": `cannot reach store: grant_type=x&assertion=${SECRET}`,
  "a short name": `cannot reach store: user=bob pass=${SECRET}`,
  "a short name in JSON": `cannot reach store: {"pass":"${SECRET}"}`,
  "a URL within a query": `cannot reach url=https://store/x?token=${SECRET}`,
  "an escaped query": `cannot reach https%3A%2F%2Fstore%2Fx%3Ftoken%3D${SECRET}`,
  "an assignment": `cannot reach store: password=${SECRET}`,
  "an assignment in quotes": `cannot reach store: password="my ${SECRET}"`,
  "a bearer": `cannot reach store: Authorization: Bearer ${SECRET}`,
  "a header": `cannot reach store: x-api-key: ${SECRET}`,
  "cookies": `cannot reach store: Cookie: a=b; s=${SECRET}`,
  JSON: `cannot reach store: {"password":"${SECRET}","n":1}`,
  "JSON with spaces": `cannot reach store: { "api_key": "a \\"quoted\\" ${SECRET}" }`,
  "JSON in JSON": `cannot reach store: ${JSON.stringify(JSON.stringify({ apiKey: `"${SECRET}` }))}`,
  "JSON within JSON's lists": `cannot reach store: {"credentials":{"user":{"name":"bob"},"key":"${SECRET}"}}`,
  "an abbreviation": `cannot reach store: HFToken=${SECRET} of bob`,
  "a list": `cannot reach store: {"tokens":["a","${SECRET}"]}`,
  "Python's dictionary": `cannot reach store: {'client_secret': '${SECRET}'}`,
  "Deno's inspection": `cannot reach store: ${Deno.inspect({ dbPassword: SECRET, n: 1 })}`,
  YAML: `cannot reach store:\npassword: ${SECRET}\nn: 1`,
  "an argument": `cannot reach store: curl --password ${SECRET} -v`,
  "a connection string": `cannot reach store: AccountName=a;AccountKey=${SECRET};Suffix=x`,
  "a private key": `cannot reach store: -----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`,
  "a web token": `cannot reach store: eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.${SECRET}`,
};
