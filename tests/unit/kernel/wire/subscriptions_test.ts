import { deepStrictEqual, throws } from "node:assert/strict";
import { encodeSubscription, matchSubscription, Subscriptions } from "../../../../kernel/wire/subscriptions.ts";

const TEXT = (text: string) => new TextEncoder().encode(text);

Deno.test("Subscriptions match by prefix and are counted", () => {
  const topics = new Subscriptions();
  deepStrictEqual([topics.add(TEXT("ab")), topics.add(TEXT("ab"))], [true, false]);
  deepStrictEqual(["abc", "ab", "a", ""].map((text) => topics.matches(TEXT(text))), [true, true, false, false]);
  deepStrictEqual([topics.remove(TEXT("ab")), topics.matches(TEXT("ab"))], [false, true]);
  deepStrictEqual([topics.remove(TEXT("ab")), topics.matches(TEXT("ab"))], [true, false]);
  topics.add(new Uint8Array());
  deepStrictEqual(topics.matches(TEXT("anything")), true);
});

Deno.test("Subscriptions of one peer are bounded", () => {
  const topics = new Subscriptions();
  throws(() => {
    for (let n = 0; n < 100_000; n++) topics.add(TEXT(`topic ${n}`));
  }, { name: "WireError" });
});

Deno.test("matchSubscription() reads the older form, and nothing else", () => {
  deepStrictEqual(matchSubscription([encodeSubscription("subscribe", TEXT("t"))]), {
    kind: "subscribe",
    topic: TEXT("t"),
  });
  deepStrictEqual(matchSubscription([encodeSubscription("cancel", TEXT("t"))]), { kind: "cancel", topic: TEXT("t") });
  for (const frames of [[], [TEXT("")], [TEXT("\u0002x")], [TEXT("\u0001"), TEXT("x")]]) {
    deepStrictEqual(matchSubscription(frames), undefined);
  }
});
