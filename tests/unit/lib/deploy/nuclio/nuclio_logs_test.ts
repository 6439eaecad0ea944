import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { DashboardClient } from "../../../../../lib/deploy/nuclio/dashboard_client.ts";
import { logsOf } from "../../../../../lib/deploy/nuclio/nuclio_logs.ts";
import { serveLoopback } from "../../../../support/loopback.ts";

/** A dashboard with a function whose pods come and go: each has written a line, and goes on for ever. */
function servePods() {
  const pods = { names: ["a"] as string[] | undefined, early: new Set<string>(), left: [] as string[] };
  const streams = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  const server = serveLoopback(({ path }) => {
    const { pathname } = new URL(path, "http://fake");
    const [, , , name, part, pod] = pathname.split("/");
    if (pods.names === undefined) return Response.json({ error: "Function not found" }, { status: 404 });
    if (part === "replicas") return Response.json({ names: name === "iris" ? pods.names : [] });
    if (pods.early.delete(pod!)) return Response.json({ error: "ContainerCreating" }, { status: 400 });
    return new Response(
      new ReadableStream({
        start(stream) {
          streams.set(pod!, stream);
          stream.enqueue(new TextEncoder().encode(`of ${pod}\n`));
        },
        cancel: () => void pods.left.push(pod!),
      }),
    );
  });
  return { ...server, pods, streams };
}

const LOOK_MS = 5;

Deno.test("logsOf() that follow may be left at any line: nothing goes on behind, and nothing is thrown", async () => {
  await using server = servePods();
  server.pods.names = ["a", "b"];
  const client = new DashboardClient({ url: server.url });
  const functions = [{ name: "iris", prefix: "" }, { name: "other", prefix: "" }];
  for await (const line of logsOf(client, functions, { follow: true }, LOOK_MS)) {
    strictEqual(line, "of a");
    break;
  }
  await new Promise((go) => setTimeout(go, 20)); // a rejection that nobody takes would come now
  const asked = server.got.length;
  await new Promise((go) => setTimeout(go, 4 * LOOK_MS));
  strictEqual(server.got.length, asked, "it is looked no more");
});

Deno.test("logsOf() that follow read pods that come later, when they have begun, each once, until the function is gone", async () => {
  await using server = servePods();
  const { pods, streams } = server;
  const client = new DashboardClient({ url: server.url });
  const read: string[] = [];
  for await (const line of logsOf(client, [{ name: "iris", prefix: "iris | " }], { follow: true }, LOOK_MS)) {
    read.push(line);
    if (read.length === 1) {
      pods.early.add("b");
      pods.names = ["a", "b"];
    } else if (read.length === 2) {
      streams.get("a")!.close();
      pods.names = ["b", "c"];
    } else {
      pods.names = undefined;
      for (const pod of ["b", "c"]) streams.get(pod)!.close();
    }
  }
  deepStrictEqual(read, ["iris | of a", "iris | of b", "iris | of c"]);
});

Deno.test("logsOf() that follow end with what the dashboard refuses, and with the reader's signal", async () => {
  await using server = serveLoopback(() => Response.json({ error: "Forbidden" }, { status: 403 }));
  const client = new DashboardClient({ url: server.url });
  const read = (signal?: AbortSignal) =>
    Array.fromAsync(logsOf(client, [{ name: "iris", prefix: "" }], { follow: true, ...signal && { signal } }, LOOK_MS));
  await rejects(read(), /answers 403: Forbidden/);
  deepStrictEqual(await read(AbortSignal.abort()), []);
});
