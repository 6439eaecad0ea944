// What a bare image of Nuclio has to do: 8080 with /__internal/health, 8082 with /live; or, told so, to end at once.
if (Deno.args.includes("crash")) {
  console.error("no model at /models/none");
  Deno.exit(1);
}
Deno.serve({ hostname: "0.0.0.0", port: 8080 }, (request) => Response.json({ path: new URL(request.url).pathname }));
Deno.serve({ hostname: "0.0.0.0", port: 8082 }, () => Response.json({ live: true }));
Deno.addSignalListener("SIGTERM", () => setTimeout(() => Deno.exit(0), 1_000));
