import { deepStrictEqual, throws } from "node:assert/strict";
import { readV3ioPath } from "../../../../../lib/streams/v3io/v3io_path.ts";

const VARIABLES: Readonly<Record<string, string>> = { V3IO_API: "https://webapi.example:8444/", V3IO_ACCESS_KEY: "k" };

function read(path: string, variables: Readonly<Record<string, string>> = {}) {
  const { api, ...rest } = readV3ioPath(path, (name) => variables[name]);
  return { api: api.href, ...rest };
}

Deno.test("readV3ioPath() takes a path apart, with the host and the key of the environment", () => {
  deepStrictEqual(read("v3io://webapi:8081/projects/p/orders?partitions=8&retention=48h&group=g&create=false"), {
    name: "v3io://webapi:8081/projects/p/orders",
    api: "http://webapi:8081/",
    container: "projects",
    stream: "p/orders",
    accessKey: undefined,
    group: "g",
    options: { partitions: 8, retention: 48 * 3_600_000, create: false },
  });
  deepStrictEqual(read("v3io:///projects//p/orders/", VARIABLES), {
    name: "v3io:///projects/p/orders",
    api: "https://webapi.example:8444/",
    container: "projects",
    stream: "p/orders",
    accessKey: "k",
    group: undefined,
    options: {},
  });
  deepStrictEqual(read("v3ios://webapi/c/s").api, "https://webapi/");
});

Deno.test("readV3ioPath() refuses what it cannot read, without a key that stands in it", () => {
  const wrong: [string, RegExp][] = [
    ["v3io://webapi:8081/orders", /^StreamError: Cannot open .*: it names no stream of a container\. Say v3io:/],
    ["v3io://webapi:8081/c/..%2f", /names no stream/],
    ["v3io://webapi:8081/c/../d", /names no stream/],
    ["v3io:///c/s", /it names no host\. Say v3io:/],
    ["v3io://we bapi/c/s", /"we bapi" is no host/],
    ["v3io://webapi/c/s?capacity=5", /there is no "capacity", only "partitions", "retention" and "create"/],
    ["v3io://:s3cret@webapi/c/s", /a key does not stand in a path\. Set V3IO_ACCESS_KEY/],
  ];
  for (const [path, message] of wrong) throws(() => read(path), message);
  throws(() => read("v3io://:s3cret@webapi/c/s"), (error: Error) => !`${error.stack}`.includes("s3cret"));
});
