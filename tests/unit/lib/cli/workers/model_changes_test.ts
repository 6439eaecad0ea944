import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { type ChangingWorker, ModelChanges } from "../../../../../lib/cli/workers/model_changes.ts";
import { WorkerChanges } from "../../../../../lib/cli/workers/worker_changes.ts";
import type { ModelState, ServedModel } from "../../../../../lib/graph/served_model.ts";
import { keyParts } from "../../../../../lib/graph/served_model.ts";
import { settle } from "../../../../support/manual_clock.ts";

/** A model whose loading and unloading ends, or fails, as the test says; default: at once. */
class FakeModel implements ServedModel {
  readonly key: string;
  readonly name: string;
  state: ModelState = "ready";
  loads = 0;
  unloads = 0;
  loading: Promise<void> = Promise.resolve();
  arriving: Promise<void> = Promise.resolve();
  draining: Promise<void> = Promise.resolve();

  constructor(key: string) {
    this.key = key;
    this.name = keyParts(key).name;
  }

  facts() {
    return { platform: "levada", inputs: [], outputs: [] };
  }

  async load(): Promise<void> {
    this.loads += 1;
    const wasReady = this.state === "ready";
    if (!wasReady) this.state = "loading";
    try {
      await this.loading;
      this.state = "ready";
    } catch (error) {
      if (!wasReady) this.state = "failed";
      throw error;
    }
  }

  async unload(): Promise<void> {
    this.unloads += 1;
    await this.arriving;
    this.state = "unloaded";
    await this.draining;
  }
}

/** Workers that serve these models, each with a real conversation and without a process. */
function openCrew(keys: readonly string[]) {
  const workers = new Set<FakeWorker>();
  const changes = new ModelChanges(() => workers);
  let count = 0;

  class FakeWorker implements ChangingWorker {
    readonly name = String(++count);
    readonly #end = Promise.withResolvers<void>();
    readonly end = this.#end.promise;
    readonly models = new Map(keys.map((key) => [key, new FakeModel(key)]));
    readonly changes = new WorkerChanges((word) => {
      const line = JSON.stringify(word);
      queueMicrotask(() => this.isListening && changes.onWord(JSON.parse(line), this));
    });
    isListening = true;

    constructor() {
      this.changes.serve({ models: () => [...this.models.values()] });
    }

    tell(word: Parameters<ChangingWorker["tell"]>[0]): void {
      const line = JSON.stringify(word);
      queueMicrotask(() => this.isListening && this.changes.onWord(JSON.parse(line)));
    }

    die(): void {
      this.isListening = false;
      workers.delete(this);
      this.#end.resolve();
    }

    states(): string {
      return [...this.models.values()].map(({ key, state }) => `${key} ${state}`).join(", ");
    }
  }

  function add(arriving: Promise<void> = Promise.resolve()): FakeWorker {
    const worker = new FakeWorker();
    for (const model of worker.models.values()) model.arriving = arriving;
    listen(worker);
    return worker;
  }
  function listen(worker: FakeWorker): void {
    workers.add(worker);
    changes.onWord({ kind: "listening", port: 1, grpcPort: undefined, lines: [] }, worker);
  }
  /** One that has begun and does not listen yet. */
  function begin(): FakeWorker {
    const worker = new FakeWorker();
    changes.begin(worker);
    return worker;
  }
  const [first, second] = [add(), add()];
  return { first, second, add, begin, listen, states: () => [...workers].map((worker) => worker.states()) };
}

Deno.test("ModelChanges takes away and loads by keys: a worker that comes later has what the others have, whatever words were said", async () => {
  const cases: readonly [readonly string[], string][] = [
    [["unload m:v1", "load m"], "m:v1 ready, m:v2 ready, mm ready"],
    [["unload m", "load m:v1"], "m:v1 ready, m:v2 unloaded, mm ready"],
    [["unload m", "load m", "unload m:v2"], "m:v1 ready, m:v2 unloaded, mm ready"],
    [["unload m:v1", "unload m:v2", "unload mm", "load m"], "m:v1 ready, m:v2 ready, mm unloaded"],
  ];
  for (const [acts, states] of cases) {
    const crew = openCrew(["m:v1", "m:v2", "mm"]);
    for (const each of acts) {
      const [act, model] = each.split(" ") as ["load" | "unload", string];
      await crew.first.changes.changeEverywhere(model, act).done;
    }
    crew.second.die();
    crew.add();
    await settle();
    deepStrictEqual(crew.states(), [states, states], acts.join());
  }
});

Deno.test("ModelChanges has a worker that comes while models change end with the same ones", async () => {
  const crew = openCrew(["m:v1", "m:v2"]);
  await crew.first.changes.changeEverywhere("m:v1", "unload").done;
  const { promise: drained, resolve: drain } = Promise.withResolvers<void>();
  crew.first.models.get("m:v2")!.draining = drained;
  const unloading = crew.second.changes.changeEverywhere("m", "unload").done;
  await settle();
  crew.add();
  await settle();
  deepStrictEqual(crew.states(), Array(3).fill("m:v1 unloaded, m:v2 unloaded"));
  drain();
  await unloading;

  const { promise: loaded, resolve: load } = Promise.withResolvers<void>();
  crew.first.models.get("m:v1")!.loading = loaded;
  const loading = crew.second.changes.changeEverywhere("m:v1", "load").done;
  await settle();
  const late = crew.add();
  await settle();
  strictEqual(late.states(), "m:v1 ready, m:v2 unloaded");
  load();
  await loading;
  deepStrictEqual(crew.states(), Array(4).fill("m:v1 ready, m:v2 unloaded"));

  await crew.first.changes.changeEverywhere("m", "unload").done;
  const { promise: again, resolve: loadAgain } = Promise.withResolvers<void>();
  crew.first.models.get("m:v2")!.loading = again;
  const all = crew.second.changes.changeEverywhere("m", "load").done;
  await settle();
  crew.add();
  loadAgain();
  await all;
  await settle();
  deepStrictEqual(crew.states(), Array(5).fill("m:v1 ready, m:v2 ready"));
});

Deno.test("ModelChanges has a worker that comes load what is loaded after it took it away, however long that takes", async () => {
  const crew = openCrew(["m"]);
  await crew.first.changes.changeEverywhere("m", "unload").done;
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  crew.add(arrived);
  const loading = crew.first.changes.changeEverywhere("m", "load").done;
  await settle();
  arrive();
  await loading;
  deepStrictEqual(crew.states(), Array(3).fill("m ready"));
});

Deno.test("ModelChanges has a worker that came while all others died in a load begin without what was away", async () => {
  const crew = openCrew(["m"]);
  await crew.first.changes.changeEverywhere("m", "unload").done;
  for (const worker of [crew.first, crew.second]) worker.models.get("m")!.loading = new Promise(() => {});
  void crew.first.changes.changeEverywhere("m", "load");
  await settle();
  crew.add();
  crew.first.die();
  crew.second.die();
  await settle();
  deepStrictEqual(crew.states(), ["m unloaded"]);
});

Deno.test("ModelChanges has a load that fails take away from a worker that came meanwhile what the others do not have", async () => {
  const crew = openCrew(["m"]);
  await crew.first.changes.changeEverywhere("m", "unload").done;
  const loading = Promise.withResolvers<void>();
  for (const worker of [crew.first, crew.second]) worker.models.get("m")!.loading = loading.promise;
  const failed = rejects(crew.first.changes.changeEverywhere("m", "load").done, { status: 500, message: "no file" });
  await settle();
  crew.add();
  await settle();
  loading.reject(new Error("no file"));
  await failed;
  await settle();
  deepStrictEqual(crew.states(), Array(3).fill("m unloaded"));
});

Deno.test("ModelChanges does not wait with one model for another, and lets versions of one take turns", async () => {
  const crew = openCrew(["stuck:v1", "stuck:v2", "m"]);
  const { promise: loaded, resolve: load } = Promise.withResolvers<void>();
  crew.second.models.get("stuck:v1")!.loading = loaded;
  const stuck = crew.first.changes.changeEverywhere("stuck:v1", "load");
  const version = crew.second.changes.changeEverywhere("stuck:v2", "unload");
  await crew.first.changes.changeEverywhere("m", "unload").done;
  deepStrictEqual(crew.states(), Array(2).fill("stuck:v1 ready, stuck:v2 ready, m unloaded"));
  load();
  await Promise.all([stuck.done, version.done]);
  deepStrictEqual(crew.states(), Array(2).fill("stuck:v1 ready, stuck:v2 unloaded, m unloaded"));
  deepStrictEqual([...crew.first.models.values()].map(({ unloads }) => unloads), [0, 1, 1]);
});

Deno.test("ModelChanges never begins what was given up before, goes on with what had begun, and tells which it was", async () => {
  const crew = openCrew(["m"]);
  const { promise: loaded, resolve: load } = Promise.withResolvers<void>();
  crew.first.models.get("m")!.loading = loaded;
  const loading = crew.first.changes.changeEverywhere("m", "load");
  const waiting = crew.second.changes.changeEverywhere("m", "unload");
  const dead = crew.second.changes.changeEverywhere("m", "unload");
  const failed = Promise.all([rejects(waiting.done, { status: 504 }), rejects(dead.done, { status: 504 })]);
  await settle();
  deepStrictEqual([await loading.giveUp(), await waiting.giveUp(), await waiting.giveUp()], [true, false, false]);
  strictEqual(await dead.giveUp(), false);
  load();
  await Promise.all([loading.done, failed]);
  await settle();
  deepStrictEqual(crew.states(), ["m ready", "m ready"]);
  deepStrictEqual([await loading.giveUp(), crew.second.models.get("m")!.loads], [true, 1]);
});

Deno.test("ModelChanges does not begin what a worker asked for that is gone, and waits for none that dies", async () => {
  const crew = openCrew(["m"]);
  const third = crew.add();
  crew.second.models.get("m")!.loading = new Promise(() => {});
  const loading = crew.first.changes.changeEverywhere("m", "load");
  void third.changes.changeEverywhere("m", "unload");
  await settle();
  third.die();
  crew.second.die();
  await loading.done;
  await settle();
  deepStrictEqual(crew.states(), ["m ready"]);
});

Deno.test("ModelChanges has a load that fails in one worker change nothing that is served: kept where it was loaded, taken away where it was not", async () => {
  const crew = openCrew(["m"]);
  const [first, second] = [crew.first.models.get("m")!, crew.second.models.get("m")!];
  const load = (error?: Error) => {
    second.loading = error === undefined ? Promise.resolve() : Promise.reject(error);
    second.loading.catch(() => {});
    return crew.first.changes.changeEverywhere("m", "load").done;
  };
  await rejects(load(new Error("no room")), {
    status: 500,
    message: "no room (worker 2; what was loaded there is kept; the other workers have loaded it anew)",
  });
  deepStrictEqual([crew.states(), first.loads], [["m ready", "m ready"], 1]);

  await crew.first.changes.changeEverywhere("m", "unload").done;
  await rejects(load(new Error("no room")), {
    status: 500,
    message: "no room (worker 2; unloaded in all workers: m)",
  });
  const third = crew.add().models.get("m")!;
  await settle();
  deepStrictEqual([crew.states(), first.loads], [Array(3).fill("m unloaded"), 2]);

  await load();
  deepStrictEqual(crew.states(), Array(3).fill("m ready"));

  second.state = "failed"; // as after loading in the background
  await rejects(load(new Error("no room")), { status: 500 });
  deepStrictEqual(crew.states(), ["m ready", "m failed", "m ready"]);
  first.state = second.state = third.state = "failed";
  await rejects(load(new Error("no room")), { message: "no room (worker 2; unloaded in all workers: m)" });
  deepStrictEqual(crew.states(), Array(3).fill("m unloaded"));
});

Deno.test("ModelChanges tells why no worker could, as one process would", async () => {
  const crew = openCrew(["m"]);
  await rejects(crew.first.changes.changeEverywhere("none", "load").done, {
    status: 404,
    message: 'Cannot find model "none": available models are m',
  });
  for (const worker of [crew.first, crew.second]) {
    worker.models.get("m")!.state = "failed";
    worker.models.get("m")!.loading = Promise.reject(new Error("no file"));
    worker.models.get("m")!.loading.catch(() => {});
  }
  await rejects(crew.first.changes.changeEverywhere("m", "load").done, { status: 500, message: "no file" });
  deepStrictEqual(crew.states(), ["m failed", "m failed"]);
});

Deno.test("WorkerChanges waits for nothing when the process that tells the others is gone", async () => {
  const changes = new WorkerChanges(() => {});
  const loading = changes.changeEverywhere("m", "load");
  const failed = rejects(loading.done, { status: 503 });
  const givenUp = loading.giveUp();
  changes.close();
  await failed;
  strictEqual(await givenUp, true);
  await rejects(changes.changeEverywhere("m", "load").done, { status: 503 });
});

Deno.test("ModelChanges has a worker begin without what is away, and loads what the others loaded before it listened", async () => {
  const crew = openCrew(["m", "other", "slow"]);
  for (const model of ["m", "slow"]) await crew.first.changes.changeEverywhere(model, "unload").done;
  const begun = crew.begin();
  await settle();
  strictEqual(begun.states(), "m unloaded, other ready, slow unloaded");
  await crew.first.changes.changeEverywhere("m", "load").done;
  await crew.first.changes.changeEverywhere("other", "unload").done;
  const { promise: loaded, resolve: load } = Promise.withResolvers<void>();
  crew.first.models.get("slow")!.loading = loaded;
  const loading = crew.first.changes.changeEverywhere("slow", "load").done;
  await settle();
  crew.listen(begun);
  load();
  await loading;
  await settle();
  deepStrictEqual(crew.states(), Array(3).fill("m ready, other unloaded, slow ready"));
  deepStrictEqual([...begun.models.values()].map(({ loads, unloads }) => [loads, unloads]), [[1, 1], [0, 1], [1, 1]]);
});
