import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import type { InferRequest } from "../../../../lib/protocol/reply.ts";
import { votingEnsemble, type VotingEnsembleOptions } from "../../../../lib/routers/voting_ensemble.ts";
import type { Tensor } from "../../../../lib/tensor/tensor.ts";
import { ConstModel, HookModel, ListModel, RaisingModel, TimesModel } from "../../../support/models.ts";
import { thenable } from "../../../support/thenable.ts";
import { type OpenedRouter, openRouter, timeless } from "../../../support/open_router.ts";

const FIVE = { inputs: [5] };
const WEIGHTS = { m1: 0.1, m2: 0.2, "m3:v1": 0.3, "m3:v2": 0.4 };

function fourMembers(options: VotingEnsembleOptions = { voteType: "regression" }): Promise<OpenedRouter> {
  return openRouter(votingEnsemble(options), {
    m1: [ListModel, { k: 100 }],
    m2: [ListModel, { k: 200 }],
    "m3:v1": [ListModel, { k: 300 }],
    "m3:v2": [ListModel, { k: 400 }],
  }, { name: "ens" });
}

const OWN: readonly (readonly [path: string, body: unknown, outputs: number[]])[] = [
  ["/v2/models/infer", FIVE, [1250]],
  ["/v2/models/infer/", FIVE, [1250]],
  ["/v2/models/predict", FIVE, [1250]],
  ["/v2/models/ens/infer", FIVE, [1250]],
  ["/v2/models/ens", FIVE, [1250]],
  ["/", FIVE, [1250]],
  ["/", { ...FIVE, model: "m2" }, [1250]],
  ["/v2/models/infer", { inputs: [5, 6] }, [1250, 1500]],
  ["/v2/models/infer", { inputs: [[5], [6], [7]] }, [1250, 1500, 1750]],
  ["/v2/models/infer", { inputs: [] }, []],
  ["/v2/models/infer", { ...FIVE, id: "mine" }, [1250]],
];

for (const [path, body, outputs] of OWN) {
  Deno.test(`votingEnsemble() asks all members at ${path} with ${JSON.stringify(body)}`, async () => {
    await using router = await fourMembers();
    deepStrictEqual(await router.ask(path, body), { id: "ev1", model_name: "ens", outputs });
  });
}

Deno.test("votingEnsemble() weighs its members, and only ratios matter", async () => {
  const tenfold = Object.fromEntries(Object.entries(WEIGHTS).map(([key, weight]) => [key, weight * 10]));
  for (const weights of [WEIGHTS, tenfold]) {
    await using router = await fourMembers({ voteType: "regression", weights });
    const { outputs } = await router.ask("/v2/models/infer", { inputs: [5, 6] }) as { outputs: number[] };
    deepStrictEqual(outputs.map(Math.round), [1500, 1800]);
  }
});

Deno.test("votingEnsemble() waits for members that answer by a thenable, as client libraries do", async () => {
  class LaterModel extends ListModel {
    override predict(request: InferRequest): number[] {
      return thenable(super.predict(request)) as unknown as number[];
    }
  }
  await using router = await openRouter(votingEnsemble({ voteType: "regression" }), {
    m1: [LaterModel, { k: 100 }],
    m2: [ListModel, { k: 300 }],
  }, { name: "ens" });
  deepStrictEqual(await router.ask("/", FIVE), { id: "ev1", model_name: "ens", outputs: [1000] });
});

Deno.test("votingEnsemble() gives a member's answer untouched", async () => {
  await using router = await fourMembers();
  deepStrictEqual(timeless(await router.ask("/v2/models/m1/infer", FIVE)), {
    id: "ev1",
    model_name: "m1",
    outputs: [500],
  });
  deepStrictEqual(timeless(await router.ask("/v2/models/m3/versions/v2/infer", FIVE)), {
    id: "ev1",
    model_name: "m3",
    outputs: [2000],
  });
});

Deno.test("votingEnsemble() lists members, itself and the weights as they were given", async () => {
  const models = ["m1", "m2", "m3:v1", "m3:v2", "ens"];
  await using even = await fourMembers();
  deepStrictEqual(await even.ask("/v2/models/", null, { method: "GET" }), { models, weights: null });
  await using weighed = await fourMembers({ weights: { m1: 2, "m3:v1": 1 } });
  deepStrictEqual(await weighed.ask("/v2/models", null, { method: "GET" }), {
    models,
    weights: { m1: 2, m2: 0, "m3:v1": 1, "m3:v2": 0 },
  });
});

Deno.test("votingEnsemble() tells what it is, and that it is ready", async () => {
  await using router = await fourMembers();
  const get = { method: "GET" };
  deepStrictEqual(await router.ask("/v2/models/ens", null, get), {
    name: "ens",
    model_endpoint_uid: "",
    platform: "levada_ensemble",
    inputs: [],
    outputs: [],
  });
  deepStrictEqual(await router.ask("/", null, get), { name: "ens", version: "v2", extensions: [] });
  deepStrictEqual(await router.ask("/v2/health", null, get), { name: "ens", version: "v2", extensions: [] });
  const ready = await router.ask("/v2/models/ens/ready", null, get) as Response;
  strictEqual(await ready.text(), "Model ens is ready (event_id = ev1)");
});

Deno.test("votingEnsemble() of members that declare nothing averages whole numbers too once it saw a fraction, and says so", async () => {
  const warned: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (line: string) => void warned.push(line) };
  const members = { a: [ListModel, { k: 1 }], b: [ListModel, { k: 2 }], c: [ListModel, { k: 4 }] } as const;
  await using router = await openRouter(votingEnsemble(), members, { name: "ens" });
  Object.assign(router.context, { log });
  const outputs = async (inputs: unknown[]) => (await router.ask("/", { inputs }) as { outputs: unknown[] }).outputs;
  const tensor = (data: number[]) => ({ name: "x", datatype: "FP32", shape: [data.length], data });
  const voted = async (data: number[]) => (await outputs([tensor(data)]) as Tensor[])[0]!.values();
  deepStrictEqual([await outputs([1]), await voted([1])], [[1], [1]]);
  deepStrictEqual(await outputs([1, 0.25]), [7 / 3, (0.25 + 0.5 + 1) / 3]);
  deepStrictEqual([await outputs([1]), await voted([1])], [[7 / 3], [7 / 3]], "as beside the fraction");
  const [first, switched] = warned;
  strictEqual(warned.length, 2);
  match(first!, /^Ensemble "ens": not all members say what they give, so whole numbers are counted as classes until /);
  match(
    switched!,
    /^Ensemble "ens": a member gave a fraction, so whole numbers, .* are averaged from now on\. Each worker/,
  );
  warned.length = 0;
  await using other = await openRouter(votingEnsemble(), members, { name: "ens" });
  Object.assign(other.context, { log });
  for (const input of [0.5, 1, 0.25]) await other.ask("/", { inputs: [input] });
  strictEqual(warned.length, 1);
  match(warned[0]!, /one gave a fraction, so numbers are averaged.* Say voteType, or what members give$/);
});

Deno.test("votingEnsemble() goes by tensors with fractions too, and still counts text", async () => {
  class Says extends ConstModel {
    override predict({ inputs }: InferRequest): unknown[] {
      return [...inputs];
    }
  }
  await using router = await openRouter(votingEnsemble(), { a: Says, b: [ListModel, { k: 2 }] });
  const tensor = { name: "x", datatype: "FP32", shape: [1], data: [0.5] };
  const { outputs: [y] } = await router.ask("/", { inputs: [tensor] }) as { outputs: Tensor[] };
  deepStrictEqual(y!.values(), [0.75]);
  deepStrictEqual((await router.ask("/", { inputs: [1] }) as { outputs: unknown }).outputs, [1.5]);
  await using texts = await openRouter(votingEnsemble(), { a: Says, b: Says });
  await texts.ask("/", { inputs: [0.5] });
  deepStrictEqual((await texts.ask("/", { inputs: ["x"] }) as { outputs: unknown }).outputs, ["x"]);
});

Deno.test("votingEnsemble() answers where a member without a say fails, and is ready without it", async () => {
  await using router = await openRouter(
    votingEnsemble({ voteType: "regression", weights: { a: 1 } }),
    { a: [ListModel, { k: 10 }], bad: RaisingModel },
    { name: "ens" },
  );
  const reply = await router.ask("/", { inputs: [1] }) as { outputs: unknown; failed: Record<string, string> };
  deepStrictEqual([reply.outputs, Object.keys(reply.failed)], [[10], ["bad"]]);
  await using own = await openRouter(
    votingEnsemble({ vote: ({ a, bad }) => [a, bad], weights: { a: 1 } }),
    { a: [ListModel, { k: 10 }], bad: RaisingModel },
  );
  await rejects(own.ask("/", { inputs: [1] }), /member "bad" failed/, "a vote of one's own may need it");
});

for (const [classes, winner] of [[[-1, -1, 2], -1], [["x", "y", "y"], "y"], [[3, 2, 1], 1]] as const) {
  Deno.test(`votingEnsemble() elects ${winner} of ${classes}`, async () => {
    const routes = Object.fromEntries(classes.map((c, index) => [`m${index}`, [ConstModel, { c }] as const]));
    await using router = await openRouter(votingEnsemble(), routes);
    deepStrictEqual((await router.ask("/", { inputs: [1, 2] }) as { outputs: unknown }).outputs, [winner, winner]);
  });
}

const MIXED = { a: [ListModel, { k: 10 }], bad: RaisingModel, b: [ListModel, { k: 20 }] } as const;

Deno.test("votingEnsemble() fails with a member, naming it and keeping its cause", async () => {
  await using router = await openRouter(votingEnsemble(), MIXED, { name: "ens" });
  await rejects(router.ask("/v2/models/infer", { inputs: [1] }), (error) => {
    ok(error instanceof StatusError);
    strictEqual(error.status, 500);
    strictEqual(error.message, 'Cannot answer for ensemble "ens": member "bad" failed: prediction failed');
    strictEqual((error.cause as Error).message, "prediction failed");
    return true;
  });
});

Deno.test("votingEnsemble() drops a failing member where it is told to, and says who and why", async () => {
  const options: VotingEnsembleOptions = { voteType: "regression", onMemberError: "drop" };
  await using router = await openRouter(votingEnsemble(options), MIXED);
  deepStrictEqual(await router.ask("/v2/models/infer", { inputs: [1, 2] }), {
    id: "ev1",
    model_name: "router",
    outputs: [15, 30],
    failed: { bad: "prediction failed" },
  });
  deepStrictEqual(router.context.pushed, ['Member "bad" failed: prediction failed']);
});

Deno.test("votingEnsemble() fails when all its members do, though it drops", async () => {
  await using router = await openRouter(votingEnsemble({ onMemberError: "drop" }), {
    x: RaisingModel,
    y: RaisingModel,
  });
  await rejects(router.ask("/", FIVE), /member "x" failed: prediction failed; member "y" failed: prediction failed/);
});

Deno.test("votingEnsemble() drops a member whose answer cannot be voted on", async () => {
  await using router = await openRouter(votingEnsemble({ onMemberError: "drop" }), {
    a: [ConstModel, { c: 1.5 }],
    scalar: TimesModel,
    nan: [ConstModel, { c: NaN }],
  });
  const { outputs, failed } = await router.ask("/", FIVE) as { outputs: unknown; failed: Record<string, string> };
  deepStrictEqual(outputs, [1.5]);
  deepStrictEqual(Object.keys(failed), ["scalar", "nan"]);
});

Deno.test("votingEnsemble() fails when the members left weigh nothing", async () => {
  const options: VotingEnsembleOptions = { onMemberError: "drop", weights: { bad: 1 } };
  await using router = await openRouter(votingEnsemble(options), MIXED);
  await rejects(router.ask("/", FIVE), {
    message: 'Cannot answer for ensemble "router": member "bad" failed: prediction failed',
  });
});

Deno.test("votingEnsemble() asks its members at the same time, and keeps their order", async () => {
  const all = Promise.withResolvers<void>();
  let asked = 0;
  class Waiting extends ListModel {
    override preprocess(request: unknown): Promise<unknown> {
      if (++asked === 3) all.resolve();
      return all.promise.then(() => request);
    }
  }
  await using router = await openRouter(votingEnsemble({ voteType: "regression" }), {
    a: Waiting,
    b: Waiting,
    c: Waiting,
  });
  deepStrictEqual((await router.ask("/", FIVE) as { outputs: unknown }).outputs, [5]);
});

Deno.test("votingEnsemble() waits for all members before it fails", async () => {
  const slow = Promise.withResolvers<void>();
  let isDone = false;
  class Slow extends ListModel {
    override preprocess(request: unknown): Promise<unknown> {
      return slow.promise.then(() => {
        isDone = true;
        return request;
      });
    }
  }
  await using router = await openRouter(votingEnsemble(), { bad: RaisingModel, slow: Slow });
  const answer = router.ask("/", FIVE);
  slow.resolve();
  await rejects(answer, /member "bad" failed/);
  ok(isDone);
});

Deno.test("votingEnsemble() gives each member its own copy of the request", async () => {
  class Greedy extends ListModel {
    override preprocess(request: unknown): unknown {
      const { inputs } = request as { inputs: number[] };
      inputs[0]! *= 10;
      return request;
    }
  }
  const body = { inputs: [1] };
  await using router = await openRouter(votingEnsemble({ voteType: "regression" }), {
    a: Greedy,
    b: Greedy,
    c: Greedy,
  });
  deepStrictEqual((await router.ask("/", body) as { outputs: unknown }).outputs, [10]);
  deepStrictEqual(body, { inputs: [1] });
});

Deno.test("votingEnsemble() answers at once where its members do", async () => {
  await using router = await fourMembers();
  deepStrictEqual(router.askAtOnce("/", FIVE), { id: "ev1", model_name: "ens", outputs: [1250] });
});

Deno.test("votingEnsemble() reads and writes where its step says", async () => {
  const paths = { inputPath: "x", resultPath: "y" };
  const routes = { m1: [ListModel, { k: 10 }], m2: [ListModel, { k: 20 }] } as const;
  await using router = await openRouter(votingEnsemble({ voteType: "regression" }), routes, { name: "ens", paths });
  deepStrictEqual(await router.ask("/v2/models/infer", { x: { inputs: [[5], [7]] }, keep: 1 }), {
    x: { inputs: [[5], [7]] },
    keep: 1,
    y: { id: "ev1", model_name: "ens", outputs: [75, 105] },
  });
});

const REFUSED: readonly (readonly [method: string, path: string, body: unknown, status: number, message: RegExp])[] = [
  ["POST", "/v2/models/nope/infer", FIVE, 404, /"nope": available models are m1, m2, m3:v1, m3:v2, ens; an operation/],
  ["POST", "/v2/models/nope", FIVE, 404, /"nope"/],
  ["POST", "/v2/models/m3:v9/infer", FIVE, 404, /"m3:v9"/],
  ["POST", "/v2/models/infer", { in: [5] }, 400, /model "ens": the body has no key "inputs"/],
  ["POST", "/v2/models/infer", { inputs: 5 }, 400, /"inputs" is not a list/],
  ["POST", "/v2/models/infer", null, 400, /the body is empty/],
  ["POST", "/v2/models/infer", [5], 400, /the body is a list/],
  ["GET", "/v2/models/infer", null, 405, /use POST/],
  ["POST", "/v2/models/ens/ready", null, 405, /use GET/],
  ["POST", "/v2/models/ens/fly", FIVE, 400, /"fly" of model "ens"/],
  ["POST", "/v2/models/explain", FIVE, 400, /member "m1" failed: Cannot do operation "explain"/],
  ["POST", "/v2/models/m1/explain", FIVE, 400, /operation "explain" of model "m1"/],
  ["POST", "/v2/models/m1/infer", { ...FIVE, operation: "explain" }, 400, /operation "explain" of model "m1"/],
  ["POST", "/metrics", FIVE, 400, /path/],
];

for (const [method, path, body, status, message] of REFUSED) {
  Deno.test(`votingEnsemble() answers ${status} to ${method} ${path} with ${JSON.stringify(body)}`, async () => {
    await using router = await fourMembers();
    await rejects(router.ask(path, body, { method }), (error) => {
      ok(error instanceof StatusError);
      strictEqual(error.status, status);
      ok(message.test(error.message), error.message);
      return true;
    });
  });
}

Deno.test("votingEnsemble() joins what its members explain", async () => {
  await using router = await openRouter(votingEnsemble(), { a: HookModel, b: HookModel });
  deepStrictEqual(await router.ask("/v2/models/explain", { inputs: [1, 2] }), {
    id: "ev1",
    model_name: "router",
    outputs: ["because", "because"],
  });
});

Deno.test("votingEnsemble() shows what each member gave where the request or the option asks for it", async () => {
  const members = { m1: [500], m2: [1000], "m3:v1": [1500], "m3:v2": [2000] };
  await using router = await fourMembers();
  for (const asking of [{ members: true }, { parameters: { members: true } }]) {
    deepStrictEqual((await router.ask("/", { ...FIVE, ...asking }) as { members: unknown }).members, members);
  }
  await using always = await fourMembers({ voteType: "regression", showMembers: true });
  deepStrictEqual((await always.ask("/", FIVE) as { members: unknown }).members, members);
});

Deno.test("votingEnsemble() names the votes where it is told to", async () => {
  for (const [column, name] of [[true, "prediction"], ["price", "price"]] as const) {
    await using router = await fourMembers({ voteType: "regression", column });
    deepStrictEqual((await router.ask("/", FIVE) as { outputs: unknown }).outputs, { [name]: [1250] });
  }
});

Deno.test("votingEnsemble() takes a vote of one's own", async () => {
  await using router = await fourMembers({
    vote: ({ m1, m2 }) => m1!.map((value, row) => Number(value) + Number(m2![row])),
  });
  deepStrictEqual(await router.ask("/", FIVE), { id: "ev1", model_name: "ens", outputs: [1500] });
});

Deno.test("votingEnsemble() votes as its members' metadata says, not as the first values look", async () => {
  const said = (datatype: string, c: number): [typeof ConstModel, Record<string, unknown>] => [ConstModel, {
    c,
    outputs: [{ name: "y", datatype, shape: [-1] }],
  }];
  await using numbers = await openRouter(votingEnsemble(), {
    a: said("FP32", 1),
    b: said("FP32", 2),
    c: said("FP32", 2),
  });
  deepStrictEqual((await numbers.ask("/", FIVE) as { outputs: number[] }).outputs, [5 / 3]);
  await using classes = await openRouter(votingEnsemble(), {
    a: said("INT64", 1),
    b: said("INT64", 2),
    c: said("INT64", 2),
  });
  deepStrictEqual((await classes.ask("/", FIVE) as { outputs: number[] }).outputs, [2]);
});

Deno.test("votingEnsemble() goes by the metadata of members that have a say", async () => {
  const said = (datatype: string, c: unknown): [typeof ConstModel, Record<string, unknown>] => [ConstModel, {
    c,
    outputs: [{ name: "y", datatype, shape: [-1] }],
  }];
  const members = { silent: said("FP32", 0.5), a: said("INT64", 1), b: said("INT64", 2), c: said("INT64", 2) };
  await using router = await openRouter(votingEnsemble({ weights: { a: 1, b: 1, c: 1 }, showMembers: true }), members);
  const { outputs, members: shown } = await router.ask("/", FIVE) as Record<string, unknown>;
  deepStrictEqual([outputs, shown], [[2], { silent: [0.5], a: [1], b: [2], c: [2] }]);
});

Deno.test("votingEnsemble() tells what model monitoring calls it, in metadata and replies", async () => {
  await using router = await fourMembers({ modelEndpointUid: "uid-1" });
  for (const reply of [await router.ask("/v2/models/ens", null, { method: "GET" }), await router.ask("/", FIVE)]) {
    strictEqual((reply as { model_endpoint_uid?: string }).model_endpoint_uid, "uid-1");
  }
});

Deno.test("votingEnsemble() answers the open protocol's tensors with tensors, and shows members by name", async () => {
  await using router = await fourMembers();
  const body = { id: "7", inputs: [{ name: "x", datatype: "FP64", shape: [2], data: [5, 6] }] };
  const reply = JSON.parse(JSON.stringify(await router.ask("/v2/models/ens/infer", body)));
  deepStrictEqual(reply, {
    model_name: "ens",
    id: "7",
    outputs: [{ name: "output", datatype: "FP64", shape: [2], data: [1250, 1500] }],
  });
  const shown = await router.ask("/v2/models/ens/infer", { ...body, parameters: { members: true } }) as {
    outputs: { name: string }[];
  };
  deepStrictEqual(shown.outputs.map(({ name }) => name), [
    "output",
    "m1/output",
    "m2/output",
    "m3:v1/output",
    "m3:v2/output",
  ]);
});

const TENSORS = { inputs: [{ name: "x", datatype: "FP64", shape: [2], data: [5, 6] }] };

Deno.test("votingEnsemble() takes what a function gives beside a model's tensors", async () => {
  for (const order of [["model", "rows"], ["rows", "model"]]) {
    const routes = { model: [ListModel, { k: 1 }], rows: () => [7, 8] } as const;
    const members = Object.fromEntries(order.map((key) => [key, routes[key as "model" | "rows"]]));
    await using router = await openRouter(votingEnsemble({ voteType: "regression" }), members);
    const { outputs } = JSON.parse(JSON.stringify(await router.ask("/", TENSORS)));
    deepStrictEqual(outputs, [{ name: "output", datatype: "FP64", shape: [2], data: [6, 7] }]);
  }
  await using ragged = await openRouter(votingEnsemble(), { model: [ListModel, { k: 1 }], odd: () => [[1], [1, 2]] });
  await rejects(ragged.ask("/", TENSORS), /Cannot answer for ensemble "router": member "odd" failed: Cannot read/);
});

Deno.test("votingEnsemble() drops a member whose answer does not fit the others', and says so", async () => {
  const why = 'Cannot vote on lists of different lengths: member "a" gave 1, member "odd" gave 2';
  const routes = { odd: () => [1, 2], a: () => [1], b: () => [1] };
  await using router = await openRouter(votingEnsemble({ onMemberError: "drop", showMembers: true }), routes);
  deepStrictEqual(await router.ask("/", FIVE), {
    id: "ev1",
    model_name: "router",
    outputs: [1],
    members: { a: [1], b: [1] },
    failed: { odd: why },
  });
  deepStrictEqual(router.context.pushed, [`Member "odd" failed: ${why}`]);
  await using strict = await openRouter(votingEnsemble(), routes);
  await rejects(strict.ask("/", FIVE), /lists of different lengths/);
});

Deno.test("votingEnsemble() takes no failure of a vote of one's own for a member's", async () => {
  let asked = 0;
  const vote = () => {
    asked += 1;
    throw new TypeError("cannot vote today");
  };
  await using router = await openRouter(votingEnsemble({ onMemberError: "drop", vote }), {
    a: () => [1],
    b: () => [1],
  });
  await rejects(router.ask("/", FIVE), /cannot vote today/);
  strictEqual(asked, 1);
});

Deno.test("votingEnsemble() drops a member whose tensors do not fit the others'", async () => {
  const routes = { a: [ListModel, { k: 1 }], short: () => [1], b: [ListModel, { k: 3 }] } as const;
  await using router = await openRouter(votingEnsemble({ voteType: "regression", onMemberError: "drop" }), routes);
  const { outputs, parameters } = JSON.parse(JSON.stringify(await router.ask("/", TENSORS)));
  deepStrictEqual(outputs[0].data, [10, 12]);
  match(JSON.parse(parameters.failed).short, /Cannot vote on shapes that differ/);
});

Deno.test("votingEnsemble() takes members whose names every object knows", async () => {
  await using router = await openRouter(votingEnsemble({ weights: { b: 1 } }), { toString: () => [1], b: () => [2] });
  deepStrictEqual((await router.ask("/", FIVE) as { outputs: unknown }).outputs, [2]);
  deepStrictEqual((await router.ask("/v2/models", null, { method: "GET" }) as { weights: unknown }).weights, {
    toString: 0,
    b: 1,
  });
});
