import { deepStrictEqual } from "node:assert/strict";
import { isHere } from "../../../../../lib/deploy/ask/is_here.ts";

Deno.test("isHere() knows this machine by its own addresses alone", () => {
  const here = ["localhost", "localhost:8080", "127.0.0.1", "127.8.0.1:80", "[::1]", "[::1]:80"];
  const there = ["127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "", "[::2]"];
  deepStrictEqual([...here, ...there].filter(isHere), here);
});
