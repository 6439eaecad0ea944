import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { modelRouter } from "../../../../lib/routers/model_router.ts";
import { ConstModel, ListModel } from "../../../support/models.ts";
import { openRouter } from "../../../support/open_router.ts";

class LoadFails extends ListModel {
  override load(): void {
    throw new Error("cannot load");
  }
}

Deno.test("openRoutes() tells which model failed to load, and closes the others", async () => {
  const closed: string[] = [];
  class Closing extends ConstModel {
    override close() {
      closed.push(this.key);
    }
  }
  await rejects(openRouter(modelRouter(), { good: Closing, bad: LoadFails }), (error) => {
    ok(error instanceof Error);
    strictEqual(error.name, "ModelError");
    strictEqual(error.message, 'Cannot load model "bad": cannot load');
    strictEqual((error.cause as Error).message, "cannot load");
    return true;
  });
  deepStrictEqual(closed, ["good"]);
});

Deno.test("openRoutes() tells of all that failed", async () => {
  await rejects(openRouter(modelRouter(), { b1: LoadFails, b2: LoadFails, ok: ListModel }), {
    name: "ModelError",
    message:
      'Cannot open 2 routes of step "router":\n  Cannot load model "b1": cannot load\n  Cannot load model "b2": cannot load',
  });
});

Deno.test("openRoutes() opens at the same time", async () => {
  const both = Promise.withResolvers<void>();
  let begun = 0;
  class Waiting extends ListModel {
    override load(): Promise<void> {
      if (++begun === 2) both.resolve();
      return both.promise;
    }
  }
  await using router = await openRouter(modelRouter(), { a: Waiting, b: Waiting });
  ok(router);
});

Deno.test("openRoutes() refuses a class that cannot be asked", async () => {
  class Nothing {}
  await rejects(openRouter(modelRouter(), { x: Nothing }), /Cannot open route "x": class Nothing is no ModelServer/);
});

Deno.test("closeRoutes() closes every route, also behind one that fails", async () => {
  const closed: string[] = [];
  class Task {
    constructor(readonly args: { name: string }) {}
    do() {}
    close() {
      closed.push(this.args.name);
      if (this.args.name === "a") throw new Error("a does not close");
    }
  }
  const router = await openRouter(modelRouter(), { a: [Task, { name: "a" }], b: [Task, { name: "b" }] });
  await rejects(async () => await router[Symbol.asyncDispose](), /a does not close/);
  deepStrictEqual(closed, ["a", "b"]);
});
