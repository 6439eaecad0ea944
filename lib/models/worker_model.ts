import type { Context } from "../graph/context.ts";
import { type ModelArgs, ModelServer } from "./model_server.ts";

/**
 * The class of a model that only its worker or process imports: by the URL of its module and the name that it is exported under. So this
 * program never runs the module's code. A class that this program imports anyway needs no such stand-in: it says itself where it is, by
 * `static readonly module = import.meta.url`.
 *
 * @example A model in a worker of its own, by the module that it stands in
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving, workerModel } from "levada";
 *
 * const source = `import { ModelServer } from "${import.meta.resolve("levada")}";
 *   export class Double extends ModelServer { predict({ inputs }) { return inputs.map((n) => n * 2); } }`;
 * const module = `data:text/javascript,${encodeURIComponent(source)}`; // or import.meta.resolve("./double.ts")
 *
 * const fn = serving("apart");
 * fn.setTopology("router").addRoute("double", workerModel(module, "Double"), { mechanism: "worker" });
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual((await server.test("/v2/models/double/infer", { inputs: [1, 2] })).outputs, [2, 4]);
 * ```
 *
 * @param module An absolute URL: `import.meta.resolve("./fat.ts")`.
 * @param exportName What the module exports the class as.
 * @throws {TypeError} If `module` is no absolute URL.
 */
export function workerModel(
  module: string | URL,
  exportName: string,
): new (args: ModelArgs, context: Context) => ModelServer {
  const { href } = absolute(module);
  return class WorkerModel extends ModelServer {
    static readonly module = href;
    static readonly exportName = exportName;

    override load(): never {
      throw new TypeError(
        `it is asked for in this thread, but workerModel only runs elsewhere: say mechanism: "worker", "pool" or "process"`,
      );
    }

    predict(): never {
      throw new TypeError("Cannot ask a workerModel in this thread");
    }
  };
}

function absolute(module: string | URL): URL {
  const url = URL.parse(module);
  if (url !== null) return url;
  throw new TypeError(
    `Cannot find the module of a model by ${
      JSON.stringify(String(module))
    }: give an absolute URL, import.meta.resolve("./fat.ts")`,
  );
}
