import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { type Flow, ModelServer, serving, StatusError } from "../../../../../mod.ts";
import { Closing } from "../../../../../lib/serve/grpc/closing.ts";
import { DESCRIBE } from "../../../../../lib/serve/grpc/describe.ts";
import { checkHealth } from "../../../../../lib/serve/grpc/health.ts";
import { loadGrpc } from "../../../../../lib/serve/grpc/grpc_runtime.ts";
import type { Site } from "../../../../../lib/serve/grpc/site.ts";
import { loadWire } from "../../../../../lib/serve/grpc/wire.ts";

const [GRPC, WIRE] = [await loadGrpc(), await loadWire()];
const CALLER = { signal: new AbortController().signal };

class Iris extends ModelServer {
  static readonly inputs = [{ name: "x", datatype: "FP32", shape: ["batch", 4] }];
  static readonly outputs = [{ name: "y", datatype: "BYTES", shape: [-1] }];

  predict(): string[] {
    return [];
  }
}

function functionOf() {
  return serving("described").addModel("iris:v1", Iris).addModel("iris:v2", Iris).addModel("other", Iris);
}

function siteOf(flow: Flow, state: "open" | "closing" = "open"): Site {
  const server = { flow, state, models: () => flow.models() };
  return { server, grpc: GRPC, wire: WIRE, closing: new Closing() };
}

/** A request that names a model, and a version. */
function named(name: string, version = ""): Uint8Array {
  return new WIRE.BinaryWriter().tag(1, 2).string(name).tag(2, 2).string(version).finish();
}

async function hexOf(site: Site, method: string, message: Uint8Array = new Uint8Array()): Promise<string> {
  return Buffer.from(await DESCRIBE[method]!(site, message, CALLER)).toString("hex");
}

const has = (hex: string, text: string) => hex.includes(Buffer.from(text).toString("hex"));

Deno.test("DESCRIBE tells whether server and models are ready", async () => {
  await using flow = await functionOf().start();
  const site = siteOf(flow);
  strictEqual(await hexOf(site, "ServerLive"), "0801");
  strictEqual(await hexOf(site, "ServerReady"), "0801");
  strictEqual(await hexOf(siteOf(flow, "closing"), "ServerReady"), "0800");
  const lost = { ...flow.models()[0]!, key: "lost", state: "restarting", isLost: true } as const;
  const dead: Site = { ...site, server: { ...site.server, models: () => [lost] } };
  deepStrictEqual([await hexOf(dead, "ServerLive"), await hexOf(dead, "ServerReady")], ["0800", "0801"]);
  const health = ["liveness", "readiness"].map((service) =>
    Buffer.from(checkHealth(dead, new WIRE.BinaryWriter().tag(1, 2).string(service).finish())).toString("hex")
  );
  deepStrictEqual(health, ["0802", "0801"]);
  strictEqual(await hexOf(site, "ModelReady", named("iris", "v2")), "0801");
  strictEqual(await hexOf(site, "ModelReady", named("iris")), "0801");
  strictEqual(await hexOf(site, "ModelReady", named("iris", "v3")), "0800");
  strictEqual(await hexOf(site, "ModelReady", named("nobody")), "0800");
});

Deno.test("DESCRIBE tells of a model as Google's protobuf would", async () => {
  await using flow = await functionOf().start();
  const site = siteOf(flow);
  // ModelMetadataResponse(name="iris", versions=["v1","v2"], platform="levada", inputs=[x FP32 [-1,4]], outputs=[y BYTES [-1]])
  strictEqual(
    await hexOf(site, "ModelMetadata", named("iris", "v1")),
    "0a0469726973120276311202763" +
      "21a066c657661646122160a01781204465033321a0bffffffffffffffffff01042a160a0179120542595445531a0affffffffffffffffff01",
  );
  const config = await hexOf(site, "ModelConfig", named("iris"));
  strictEqual(has(config, "iris"), true);
  throws(() => DESCRIBE.ModelMetadata!(site, named("nobody"), CALLER), (error) => {
    strictEqual(error instanceof StatusError && error.status, 404);
    strictEqual((error as Error).message, 'Cannot find model "nobody": available models are iris:v1, iris:v2, other');
    return true;
  });
});

Deno.test("DESCRIBE lists, takes away and loads models", async () => {
  await using flow = await functionOf().start();
  const site = siteOf(flow);
  const one = new WIRE.BinaryWriter().tag(2, 2).string("other").finish();
  strictEqual(await hexOf(site, "RepositoryModelUnload", one), "");
  const all = await hexOf(site, "RepositoryIndex");
  const ready = await hexOf(site, "RepositoryIndex", new WIRE.BinaryWriter().tag(2, 0).bool(true).finish());
  deepStrictEqual([has(all, "other"), has(all, "UNAVAILABLE"), has(ready, "other")], [true, true, false]);
  strictEqual(await hexOf(site, "ModelReady", named("other")), "0800");
  strictEqual(await hexOf(site, "RepositoryModelLoad", one), "");
  strictEqual(await hexOf(site, "ModelReady", named("other")), "0801");
  const nobody = new WIRE.BinaryWriter().tag(2, 2).string("nobody").finish();
  await rejects(async () => await DESCRIBE.RepositoryModelLoad!(site, nobody, CALLER), /Cannot find model "nobody"/);
  const withFiles = new WIRE.BinaryWriter().tag(2, 2).string("other").tag(3, 2).fork().tag(1, 2).string("file:1/x")
    .join().finish();
  await rejects(
    async () => await DESCRIBE.RepositoryModelLoad!(site, withFiles, CALLER),
    /Cannot load model "other" with file:1/,
  );
});

Deno.test("DESCRIBE tells how often models were asked", async () => {
  await using flow = await functionOf().start();
  const site = siteOf(flow);
  await flow.ask({ inputs: [] }, { path: "/v2/models/other/infer" });
  const all = await hexOf(site, "ModelStatistics");
  const one = await hexOf(site, "ModelStatistics", named("other"));
  deepStrictEqual([has(all, "iris"), has(one, "iris"), has(one, "other")], [true, false, true]);
  strictEqual(/20012801/.test(one), true, one); // one inference, one execution
});

Deno.test("DESCRIBE refuses what is no message", async () => {
  await using flow = await functionOf().start();
  const site = siteOf(flow);
  for (const method of ["ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryModelLoad"]) {
    for (const bad of [new Uint8Array([0x0a, 0xff]), new Uint8Array([7]), new Uint8Array([0x12, 2, 0xc3, 0x28])]) {
      await rejects(async () => await DESCRIBE[method]!(site, bad, CALLER), (error) => {
        strictEqual(error instanceof StatusError && error.status, 400, `${method}: ${error}`);
        return true;
      });
    }
  }
});
