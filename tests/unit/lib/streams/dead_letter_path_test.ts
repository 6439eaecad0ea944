import { deepStrictEqual, rejects } from "node:assert/strict";
import { MissingStreamError, StreamError } from "../../../../lib/errors.ts";
import { deadLetterPath, existingPath, openLettersOf } from "../../../../lib/streams/dead_letter_path.ts";

Deno.test("deadLetterPath() names the stream beside another, whatever its path says behind the name", () => {
  const paths = ["memory://a", "kafka://h:1,g:2/orders?tls=true", "redis://ann:p?w@h/a"];
  deepStrictEqual(paths.map(deadLetterPath), [
    "memory://a-dead-letters",
    "kafka://h:1,g:2/orders-dead-letters?tls=true",
    "redis://ann:p-dead-letters?w@h/a", // a ? in a password is %3F
  ]);
});

Deno.test("existingPath() makes and changes nothing, and keeps who asks and how", () => {
  const paths = [
    "memory://a?partitions=8&capacity=5",
    "local://a?partitions=8&retention=7d&create=true",
    "kafka://h/a?tls=true&user=a%26b&replication=3",
  ];
  deepStrictEqual(paths.map(existingPath), [
    "memory://a",
    "local://a?create=false",
    "kafka://h/a?tls=true&user=a%26b&create=false",
  ]);
});

Deno.test("openLettersOf() takes the stream that is there as it is, and makes one where there is none, also for who makes no others", async () => {
  const opened: string[] = [];
  const open = (path: string, fault?: Error) => {
    opened.push(path);
    return fault === undefined ? Promise.resolve(path) : Promise.reject(fault);
  };
  await openLettersOf("kafka://h/a?partitions=8&tls=true", open);
  const missing = new MissingStreamError("none");
  for (const path of ["kafka://h/a?partitions=8&tls=true&create=false", "redis://h/a?create=false", "redis://h/a"]) {
    await openLettersOf(path, (letters) => open(letters, /create=false/.test(letters) ? missing : undefined));
  }
  deepStrictEqual(opened, [
    "kafka://h/a-dead-letters?tls=true&create=false",
    "kafka://h/a-dead-letters?tls=true&create=false",
    "kafka://h/a-dead-letters?partitions=8&tls=true",
    "redis://h/a-dead-letters?create=false",
    "redis://h/a-dead-letters",
    "redis://h/a-dead-letters?create=false",
    "redis://h/a-dead-letters",
  ]);
  await rejects(openLettersOf("redis://h/a", (letters) => open(letters, new StreamError("no rights"))), /no rights/);
  deepStrictEqual(opened.length, 8, "what else is wrong is not tried again");
});
