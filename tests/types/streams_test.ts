import { rejects } from "node:assert/strict";
import { type DeadLetter, deadLetters, openStream } from "levada";
import { testBench, testClock } from "levada/testing";

type Same<One, Other> = (<Type>() => Type extends One ? 1 : 2) extends (<Type>() => Type extends Other ? 1 : 2) ? true
  : false;

/** Checks a type; there is nothing to run. */
function same<_Proof extends true>(): void {}

Deno.test("a stream's records have the body that it was opened with", async () => {
  await using stream = await openStream<{ n: number }>("dummy://");
  await stream.publish([{ body: { n: 1 }, key: "k" }]);
  // @ts-expect-error a body of another shape
  await stream.publish([{ body: { m: 1 } }]);
  // @ts-expect-error a record is made of a body and more
  await rejects(stream.publish([{ n: 1 }]), { name: "StreamError" });
  const read = async () => {
    for await (const delivery of await stream.subscribe({ group: "g" })) {
      for (const { body } of delivery) same<Same<typeof body, { n: number }>>();
    }
  };
  void read;
  const list = () => deadLetters<string>("memory://types").list();
  same<Same<Awaited<ReturnType<typeof list>>, DeadLetter<string>[]>>();
  // @ts-expect-error letters are not chosen by what they do not have
  void (() => deadLetters("memory://types").replay({ stpe: "x" }));
});

Deno.test("a test clock is a clock wherever one is taken, a bench takes functions only", async () => {
  const clock = testClock();
  await using _stream = await openStream("dummy://", { clock });
  // @ts-expect-error a bench needs a function of `serving`
  await testBench({ name: "no function" }).catch(() => {});
});
