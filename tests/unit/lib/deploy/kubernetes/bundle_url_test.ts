import { match, strictEqual } from "node:assert/strict";
import { redactText } from "../../../../../lib/redact_text.ts";
import { faultOfBundleUrl, fileBelow } from "../../../../../lib/deploy/kubernetes/bundle_url.ts";

Deno.test("faultOfBundleUrl() takes folders of stores, with secrets by their names", () => {
  for (
    const url of [
      "s3://bucket/code/",
      "gs://bucket/code/",
      "az://container/code/",
      "abfss://container@account.dfs.core.windows.net/code/",
      "v3io:///projects/code/",
      "http://127.0.0.1:9000/",
      "https://host:8443/code/",
      "https://${USER_NAME}:${PASSWORD}@host/code/",
      "https://${TOKEN}@host/code/",
      "https://host/code/?${SIGNATURE}",
      "https://host/code/?sv=${VERSION}&sig=${SIGNATURE}",
    ]
  ) strictEqual(faultOfBundleUrl(url), undefined, url);
});

Deno.test("faultOfBundleUrl() refuses what is secret and stands there in the clear, and does not repeat it", () => {
  for (
    const url of [
      "https://ann:hunter2@host/code/",
      "https://hunter2@host/code/",
      "https://ann:${A}hunter2@host/code/",
      "https://ann:hun/ter2@host/code/",
      "https://a.blob.core.windows.net/c/?sv=1&sig=hunter2",
      "https://a.blob.core.windows.net/c/?sig=hunter2&${REST}",
      "https://host/code/?hunter2",
      "https://host/code/?sig=${A}hunter2",
      "https://host/token=hunter2/code/",
      "s3://hunter2:hunter2@bucket/code/",
      "s3://bucket/code/?${SIGNATURE}",
      "abfss://ann:hunter2@account.dfs.core.windows.net/code/",
    ]
  ) {
    const fault = faultOfBundleUrl(url);
    match(fault ?? "", /has a user, a password, a token or a signature in it.*\$\{STORE_SIGNATURE\}/, url);
    strictEqual(fault?.includes("ter2"), false, url);
    strictEqual(redactText(fault!), fault, "a terminal shows the cure");
  }
});

Deno.test("faultOfBundleUrl() refuses what pods do not reach, and one place for all revisions", () => {
  for (const url of ["./here/", "file:///code/", "https:ann:hunter2@host/", "https://", "https://host/code/#hunter2"]) {
    const fault = faultOfBundleUrl(url);
    match(fault ?? "", /and pods fetch from s3:\/\//, url);
    strictEqual(fault?.includes("hunter2"), false, url);
  }
  for (const url of ["https://host/shop.tar.gz", "s3://bucket/code", "https://host/shop.tar.gz?${SIGNATURE}"]) {
    match(faultOfBundleUrl(url) ?? "", /one place for all revisions.*Say a folder, with \/ at the end/, url);
  }
});

Deno.test("fileBelow() puts a file before the query", () => {
  strictEqual(fileBelow("https://host/code/?${S}", "a.tar.gz"), "https://host/code/a.tar.gz?${S}");
});
