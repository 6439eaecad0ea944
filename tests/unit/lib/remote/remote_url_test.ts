import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { remoteUrl, shownUrl, URL_OPTION, withSubpath } from "../../../../lib/remote/remote_url.ts";

Deno.test("remoteUrl() puts the event's path in the place of $path", () => {
  for (
    const [text, path, expected] of [
      ["http://host", "/a", "http://host/"],
      ["http://host$path", "/a/b", "http://host/a/b"],
      ["http://host$path", "a", "http://host/a"],
      ["https://host/v1$path/x", "/a", "https://host/v1/a/x"],
      ["https://host/v1/$path?k=1", "/a", "https://host/v1/a?k=1"],
      ["https://host/v1$path", "/", "https://host/v1/"],
      ["https://host/v1$path", "/$&/$path", "https://host/v1/$&/$path"],
      ["https://host/v1$path", "/a%20b ü", "https://host/v1/a%20b%20%C3%BC"],
    ] as const
  ) strictEqual(remoteUrl(text, path).href, expected);
});

Deno.test("remoteUrl() lets no path of an event reach another host, query or level", () => {
  for (
    const [path, expected] of [
      ["@evil/x", "http://host/@evil/x"],
      [".evil/x", "http://host/.evil/x"],
      ["//evil/x", "http://host/evil/x"],
      ["/x?admin=1#f", "http://host/x%3Fadmin=1%23f"],
      ["/x\r\ny", "http://host/xy"],
    ] as const
  ) strictEqual(remoteUrl("http://host$path", path).href, expected);
  for (const path of ["/../x", "/a/%2e%2E/x", "/a/..%2fx", "/..\\x", "/a/.%2e"]) {
    throws(() => remoteUrl("http://host/v1$path", path), (error: Error & { status: number }) => {
      deepStrictEqual([error.status, error.message.includes("leads upwards")], [400, true], path);
      return true;
    });
  }
});

Deno.test("remoteUrl() refuses what is no http or https URL, without repeating it", () => {
  for (
    const given of [
      "",
      "/secret",
      "secret",
      "http://",
      "http://s3cret:pw@",
      "file:///secret",
      "javascript:secret",
      null,
      5,
      {},
      undefined,
    ]
  ) {
    throws(() => remoteUrl(given, undefined), (error: Error) => {
      ok(error.message.startsWith("Cannot ask a remote service: its URL "), error.message);
      ok(!/s3?e?cret/.test(error.message), error.message);
      return true;
    });
  }
  strictEqual(remoteUrl(new URL("http://host/a#b"), undefined).href, "http://host/a");
});

Deno.test("URL_OPTION takes http and https URLs with $path in their path only", () => {
  const issuesOf = (text: unknown) => URL_OPTION.safeParse(text).error?.issues.map(({ message }) => message) ?? [];
  for (const text of ["http://host", "https://u:p@host:1/a$path", "http://host$path?x=1"]) {
    deepStrictEqual(issuesOf(text), []);
  }
  for (const text of ["", "host/a", "ftp://host", "http://", "http://user@$path", "file:///etc/passwd"]) {
    deepStrictEqual(issuesOf(text), ["is no absolute http or https URL"], text);
  }
  for (const text of ["http://host?x=$path", "http://host/$path#$path", "http://$path"]) {
    deepStrictEqual(issuesOf(text).length, 1, text);
  }
});

Deno.test("withSubpath() lengthens the path, whatever slashes there are", () => {
  for (
    const [url, subpath, path, expected] of [
      ["http://host/echo/", "sub/x", "/", "http://host/echo/sub/x"],
      ["http://host/echo?k=1", "/sub", "/", "http://host/echo/sub?k=1"],
      ["http://host/echo", "$path", "/p/q", "http://host/echo/p/q"],
      ["http://host/echo", "$path", "/", "http://host/echo/"],
      ["http://host", "v2/$path/infer", "/m", "http://host/v2/m/infer"],
    ] as const
  ) strictEqual(withSubpath(new URL(url), subpath, path).href, expected);
});

Deno.test("shownUrl() tells neither credentials nor the query", () => {
  strictEqual(shownUrl(new URL("https://user:secret@host:8443/a/b?key=secret")), "https://host:8443/a/b?…");
  strictEqual(shownUrl(new URL("http://host/a")), "http://host/a");
});
