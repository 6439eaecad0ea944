import { rejects } from "node:assert/strict";
import { openItem } from "../../../../../lib/stores/data_item.ts";
import { serveLoopback } from "../../../../support/loopback.ts";

const OPTIONS = { retries: 0, environment: () => undefined };

const ANSWERS: readonly (readonly [title: string, status: number, body: string, reason: string, said: RegExp])[] = [
  [
    "a stranger's key with 404",
    404,
    "<Error><Code>InvalidAccessKeyId</Code></Error>",
    "forbidden",
    /\(404 InvalidAccessKeyId\)/,
  ],
  [
    "a token that has ended with 400",
    400,
    "<Error><Code>ExpiredToken</Code></Error>",
    "forbidden",
    /\(400 ExpiredToken\)/,
  ],
  ["Google's words", 404, '{"error":{"errors":[{"reason":"notFound"}]}}', "missing", /\(404 notFound\)/],
  ["no words", 404, "", "missing", /\(404\)$/],
  ["words that are none", 400, "<Code>a text with hunter2 in it</Code>", "refused", /the store answers 400$/],
  ["JSON that is none", 400, "{hunter2", "refused", /the store answers 400$/],
  ["JSON of another kind", 400, '{"error":{"errors":7,"status":{"hunter2":1}}}', "refused", /the store answers 400$/],
  ["a page without end", 400, `<Code>Bad</Code>${"hunter2".repeat(50_000)}`, "refused", /the store answers 400$/],
];

for (const [title, status, body, reason, message] of ANSWERS) {
  Deno.test(`refusal() reads ${title}`, async () => {
    await using server = serveLoopback(() => new Response(body, { status }));
    await rejects(
      openItem("s3://bucket/key", { ...OPTIONS, endpoint: server.url }).get(),
      (error: Error & { reason: string }) =>
        error.reason === reason && message.test(error.message.replace(/\. There are no credentials.*/, "")) &&
        !error.message.includes("hunter2"),
    );
  });
}

Deno.test("refusal() says in which region a bucket lies", async () => {
  await using server = serveLoopback(({ path }) =>
    path.endsWith("/moved")
      ? new Response("<Error><Code>PermanentRedirect</Code></Error>", {
        status: 301,
        headers: { "x-amz-bucket-region": "eu-west-1" },
      })
      : new Response(null, { status: 400, headers: { "x-amz-bucket-region": 'hunter2 "' } })
  );
  const open = (key: string) => openItem(`s3://bucket/${key}`, { ...OPTIONS, endpoint: server.url });
  await rejects(open("moved").get(), {
    reason: "refused",
    message:
      'Cannot read "s3://bucket/moved": its bucket lies in the region eu-west-1 (301 PermanentRedirect). Set AWS_REGION',
  });
  await rejects(open("odd").get(), { message: 'Cannot read "s3://bucket/odd": the store answers 400' });
});
