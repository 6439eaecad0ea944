import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import type { ItemOptions } from "../../../../../lib/stores/item_options.ts";
import { S3Dialect } from "../../../../../lib/stores/remote/s3_dialect.ts";
import { serveLoopback } from "../../../../support/loopback.ts";

const KEYS: Record<string, string> = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "hunter2hunter2" };

function reading(variables: Record<string, string>): ItemOptions {
  return { environment: (name) => variables[name] };
}

async function addressOf(uri: string, variables: Record<string, string>, options: ItemOptions = {}): Promise<string> {
  const { url } = await new S3Dialect(uri, { ...reading(variables), ...options }).request({ kind: "look" });
  return url.href;
}

Deno.test("S3Dialect finds the address as Amazon's own tools do", async () => {
  strictEqual(await addressOf("s3://bucket/a/b", {}), "https://bucket.s3.us-east-1.amazonaws.com/a/b");
  strictEqual(
    await addressOf("s3://bucket/a", { AWS_REGION: "eu-west-1" }),
    "https://bucket.s3.eu-west-1.amazonaws.com/a",
  );
  strictEqual(await addressOf("s3://with.dot/a", {}), "https://s3.us-east-1.amazonaws.com/with.dot/a");
  const minio = { AWS_ENDPOINT_URL: "http://minio:9000/s3/" };
  strictEqual(await addressOf("s3://bucket/a b", minio), "http://minio:9000/s3/bucket/a%20b");
  strictEqual(await addressOf("s3://bucket/a+", minio, { pathStyle: false }), "http://bucket.minio:9000/s3/a%2B");
  strictEqual(await addressOf("s3://bucket/a", minio, { endpoint: "https://other" }), "https://other/bucket/a");
  strictEqual(await addressOf("s3://bucket/a", { ...minio, AWS_ENDPOINT_URL_S3: "http://own" }), "http://own/bucket/a");
});

Deno.test("S3Dialect refuses an endpoint that is none", () => {
  for (const endpoint of ["minio:9000", "nonsense", "ftp://x"]) {
    throws(() => new S3Dialect("s3://bucket/a", { ...reading({}), endpoint }), /its endpoint is no http or https URL/);
  }
});

Deno.test("S3Dialect signs where there are keys, with the session's token, and not without", async () => {
  const signed = await new S3Dialect("s3://bucket/a", reading({ ...KEYS, AWS_SESSION_TOKEN: "session" })).request({
    kind: "write",
    bytes: new Uint8Array([1]),
  });
  strictEqual(signed.headers.get("authorization")?.startsWith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/"), true);
  strictEqual(signed.headers.get("x-amz-security-token"), "session");
  strictEqual(
    signed.headers.get("x-amz-content-sha256"),
    "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
  );
  const plain = await new S3Dialect("s3://bucket/a", reading({})).request({ kind: "look" });
  strictEqual(plain.headers.has("authorization"), false);
});

Deno.test("S3Dialect reads changed keys anew", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/AWS_ACCESS_KEY_ID`, "one");
    await Deno.writeTextFile(`${folder}/AWS_SECRET_ACCESS_KEY`, "secret");
    const { url, headers } = await new S3Dialect("s3://bucket/a", reading({ LEVADA_SECRETS_DIR: folder })).request({
      kind: "look",
    });
    strictEqual(url.hostname.startsWith("bucket."), true);
    strictEqual(headers.get("authorization")?.includes("Credential=one/"), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("S3Dialect reads lists, encoded or not, page by page", async () => {
  const page = (inner: string, next?: string) =>
    `<ListBucketResult>${inner}${
      next === undefined ? "" : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`
    }</ListBucketResult>`;
  await using server = serveLoopback(({ path }) =>
    new Response(
      path.includes("continuation-token=t%2B1") ? page("<Contents><Key>a/z+1</Key></Contents>") : page(
        "<EncodingType>url</EncodingType><Contents><Key>a/</Key></Contents><Contents><Key>a/b+c%2B</Key></Contents><CommonPrefixes><Prefix>a/d/</Prefix></CommonPrefixes>",
        "t+1",
      ),
    )
  );
  const item = openItem("s3://bucket/a", { ...reading({}), endpoint: server.url });
  deepStrictEqual(await Array.fromAsync(item.list()), ["b c+", "d/", "z+1"]);
});

Deno.test("S3Dialect does not follow a list without an end", async () => {
  await using server = serveLoopback(() =>
    new Response(
      "<r><Contents><Key>a</Key></Contents><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></r>",
    )
  );
  const item = openItem("s3://bucket/", { ...reading({}), endpoint: server.url });
  await rejects(Array.fromAsync(item.list()), { reason: "broken", message: /list does not end/ });
});

Deno.test("S3Dialect takes an ETag for an MD5 only where it is one", () => {
  const dialect = new S3Dialect("s3://bucket/a", reading({}));
  const stat = (headers: Record<string, string>) => dialect.stat(new Response(null, { headers }));
  const md5 = "5eb63bbbe01eeed093cb22bb8f5acdc3";
  strictEqual(stat({ etag: `"${md5}"` }).md5, md5);
  strictEqual(stat({ etag: `"${md5}"`, "x-amz-server-side-encryption": "AES256" }).md5, md5);
  strictEqual(stat({ etag: `"${md5}"`, "x-amz-server-side-encryption": "aws:kms" }).md5, undefined);
  strictEqual(stat({ etag: `"${md5}-3"` }).md5, undefined);
});

Deno.test("S3Dialect tells neither keys nor what a store says of them", async () => {
  await using server = serveLoopback(({ headers }) =>
    new Response(
      `<Error><Code>SignatureDoesNotMatch</Code><Message>${
        headers.get("authorization")
      } hunter2hunter2</Message></Error>`,
      { status: 403 },
    )
  );
  const item = openItem("s3://bucket/a", {
    ...reading({ ...KEYS, AWS_SESSION_TOKEN: "sessionsecret" }),
    endpoint: server.url,
  });
  const error = await item.get().catch((thrown: Error) => thrown) as Error;
  strictEqual(
    error.message,
    'Cannot read "s3://bucket/a": the store does not let us (403 SignatureDoesNotMatch). It was asked by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which may not do this, or is wrong',
  );
  const shown = [Deno.inspect(error), Deno.inspect(item, { depth: 20 }), JSON.stringify(item)].join("\n");
  strictEqual(/hunter2|AKIAEXAMPLE|sessionsecret/.test(shown), false);
});
