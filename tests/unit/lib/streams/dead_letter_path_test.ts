import { deepStrictEqual } from "node:assert/strict";
import { deadLetterPath, existingPath } from "../../../../lib/streams/dead_letter_path.ts";

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
