import { strictEqual } from "node:assert/strict";
import { headerText } from "../../../../../lib/serve/reply/header_text.ts";

Deno.test("headerText() writes any text so that a header holds it and it can be read again", () => {
  strictEqual(headerText("a-B_9:/?[]"), "a-B_9:/?[]");
  for (const text of ["ü✓", "line\r\nbreak", "50% of it", "\u0000", "😀"]) {
    const written = new Headers({ "x-event-id": headerText(text) }).get("x-event-id")!;
    strictEqual(decodeURIComponent(written), text);
  }
  strictEqual(decodeURIComponent(headerText("half \ud83d")), "half \ufffd");
});
