import { deepStrictEqual, throws } from "node:assert/strict";
import { DURATION, parseDuration } from "../../../../lib/graph/duration.ts";

Deno.test("parseDuration() reads whole numbers of each unit", () => {
  const texts = ["500ms", "30s", "15m", "1h", "2d", "0090m"];
  deepStrictEqual(texts.map(parseDuration), [500, 30_000, 900_000, 3_600_000, 172_800_000, 5_400_000]);
});

Deno.test("parseDuration() refuses everything else, and says what a duration is", () => {
  for (
    const text of [
      "",
      "h",
      "1",
      "1 h",
      "1.5h",
      "-1h",
      "0s",
      "1w",
      "1H",
      "1h ",
      "1h\n",
      "1e3s",
      "101d1h",
      "36601d",
      "9".repeat(400) + "d",
    ]
  ) {
    throws(() => parseDuration(text), {
      name: "RangeError",
      message: /as a duration: it is a whole number above 0 with ms, s, m, h or d/,
    });
  }
});

Deno.test("DURATION keeps the text of an option", () => {
  deepStrictEqual(DURATION.parse("60m"), "60m");
  deepStrictEqual(
    DURATION.safeParse("60").error?.issues[0]?.message.startsWith('Cannot read "60" as a duration'),
    true,
  );
  deepStrictEqual(DURATION.safeParse(60).success, false);
});
