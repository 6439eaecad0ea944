import { deepStrictEqual } from "node:assert/strict";
import { urlOf } from "../../../../../lib/deploy/process/deployed_state.ts";

Deno.test("urlOf() tells where a function answers: by https where it has a certificate, here where it listens everywhere", () => {
  const tls = { cert: "c", key: "k" };
  const hosts = [undefined, "0.0.0.0", "::", "10.1.2.3", "fd00::1", "shop.example"];
  const urls = hosts.map((host) => urlOf({ port: 80, settings: host === undefined ? { tls } : { host } }));
  deepStrictEqual(urls, [
    "https://127.0.0.1:80",
    "http://127.0.0.1:80",
    "http://127.0.0.1:80",
    "http://10.1.2.3:80",
    "http://[fd00::1]:80",
    "http://shop.example:80",
  ]);
  deepStrictEqual(urlOf({ port: 81 }), "http://127.0.0.1:81");
});
