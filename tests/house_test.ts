import { deepStrictEqual } from "node:assert/strict";
import { parseSync } from "oxc-parser";
import { STEPS } from "../lib/steps/catalogue.ts";

/** What each room may import besides itself: the arrows of the house. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "lib/errors.ts": [],
  "lib/iso_time.ts": [],
  "lib/event_wrapper.ts": [],
  "lib/redact_text.ts": [],
  "lib/private_fetch.ts": [],
  "lib/kind_of.ts": [],
  "lib/scope": [],
  "lib/tensor": ["lib/errors.ts"],
  "lib/border": ["lib/tensor"],
  "lib/protocol": ["lib/errors.ts", "lib/border", "lib/tensor", "lib/graph"],
  "lib/draw": ["lib/errors.ts"],
  "lib/stores": ["lib/errors.ts", "lib/iso_time.ts", "lib/private_fetch.ts"],
  "lib/streams": ["lib/errors.ts", "lib/event_wrapper.ts", "lib/redact_text.ts", "lib/border", "lib/draw"],
  "lib/plot": ["lib/draw"],
  "lib/monitoring": [
    "lib/errors.ts",
    "lib/redact_text.ts",
    "lib/graph",
    "lib/protocol",
    "lib/stores",
    "lib/streams",
    "lib/tensor",
  ],
  "lib/graph": ["lib/errors.ts", "lib/redact_text.ts", "lib/plot", "lib/stores", "lib/tensor"],
  "lib/flow": ["lib/errors.ts", "lib/iso_time.ts", "lib/redact_text.ts", "lib/graph", "lib/streams", "lib/tensor"],
  "lib/remote": ["lib/errors.ts", "lib/kind_of.ts", "lib/private_fetch.ts", "lib/graph", "lib/protocol", "lib/stores"],
  "lib/steps": [
    "lib/errors.ts",
    "lib/iso_time.ts",
    "lib/kind_of.ts",
    "lib/redact_text.ts",
    "lib/border",
    "lib/flow",
    "lib/graph",
    "lib/protocol",
    "lib/remote",
    "lib/stores",
    "lib/tensor",
  ],
  "lib/models": [
    "lib/errors.ts",
    "lib/private_fetch.ts",
    "lib/flow",
    "lib/graph",
    "lib/protocol",
    "lib/remote",
    "lib/stores",
    "lib/tensor",
  ],
  "lib/routers": [
    "lib/errors.ts",
    "lib/redact_text.ts",
    "lib/flow",
    "lib/graph",
    "lib/models",
    "lib/protocol",
    "lib/tensor",
  ],
  "lib/telemetry": ["lib/errors.ts", "lib/redact_text.ts", "lib/flow", "lib/graph", "lib/protocol", "lib/stores"],
  "lib/serve": [
    "lib/errors.ts",
    "lib/event_wrapper.ts",
    "lib/redact_text.ts",
    "lib/border",
    "lib/draw",
    "lib/flow",
    "lib/graph",
    "lib/protocol",
    "lib/routers",
    "lib/stores",
    "lib/telemetry",
    "lib/tensor",
  ],
  "lib/bundle": ["lib/errors.ts", "lib/redact_text.ts", "lib/graph", "lib/plot", "lib/scope"],
  "lib/image": ["lib/errors.ts", "lib/private_fetch.ts", "lib/bundle"],
  "lib/deploy": [
    "lib/errors.ts",
    "lib/redact_text.ts",
    "lib/border",
    "lib/bundle",
    "lib/draw",
    "lib/graph",
    "lib/plot",
    "lib/protocol",
    "lib/stores",
    "lib/streams",
    "lib/telemetry",
    "lib/triggers",
  ],
  "lib/triggers": ["lib/errors.ts", "lib/flow", "lib/graph", "lib/streams"],
  "lib/functions": [
    "lib/errors.ts",
    "lib/bundle",
    "lib/deploy",
    "lib/flow",
    "lib/graph",
    "lib/models",
    "lib/monitoring",
    "lib/plot",
    "lib/protocol",
    "lib/routers",
    "lib/serve",
    "lib/steps",
    "lib/streams",
    "lib/telemetry",
    "lib/triggers",
  ],
  "lib/testing": ["lib/errors.ts", "lib/flow", "lib/functions", "lib/graph", "lib/streams", "lib/triggers"],
  "lib/cli": [
    "lib/errors.ts",
    "lib/redact_text.ts",
    "lib/bundle",
    "lib/deploy",
    "lib/draw",
    "lib/functions",
    "lib/graph",
    "lib/image",
    "lib/serve",
    "lib/stores",
    "lib/streams",
    "lib/telemetry",
    "kernel/client",
    "kernel/install.ts",
  ],
  "kernel/wire": [],
  "kernel/message": [],
  "kernel/socket": ["kernel/wire"],
  "kernel/show": ["lib/errors.ts", "lib/draw"],
  "kernel/language": ["lib/scope"],
  "kernel/engine": ["lib/scope", "kernel/language", "kernel/show"],
  "kernel/session": ["kernel/message", "kernel/socket", "kernel/engine", "kernel/language"],
  "kernel/client": ["kernel/message", "kernel/socket", "lib/draw"],
  "kernel/main.ts": ["kernel/session", "kernel/message", "kernel/socket", "kernel/engine", "kernel/language"],
  "kernel/install.ts": ["lib/errors.ts"],
};

/** What each room may import from npm when it is loaded, types included; the rest of the world is `node:`. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "lib/bundle": ["magic-string", "oxc-parser"],
  "lib/deploy": ["zod"],
  "lib/draw": ["@observablehq/plot"],
  "lib/flow": ["zod"],
  "lib/graph": ["zod"],
  "lib/scope": ["oxc-parser"],
  "lib/remote": ["zod"],
  "lib/steps": ["zod"],
  "lib/stores": ["zod"],
  "lib/routers": ["zod"],
  "lib/serve": ["hono"],
  "lib/triggers": ["croner", "zod"],
  "kernel/language": ["magic-string", "oxc-parser", "oxc-transform"],
  "kernel/session": ["zod"],
  "kernel/message": ["zod"],
  "kernel/client": ["marked", "zod"],
};
/** What a room imports from a variable, when it is first used: nobody else downloads it. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  "lib/bundle": ["modern-tar", "something by LIBRARY", "something by file"], // what a notebook has loaded already
  "lib/functions": [
    "../bundle/make_bundle.ts",
    "../bundle/slice_notebook.ts",
    "../deploy/deploy_bundle.ts",
    "../deploy/show_deploy.ts",
  ],
  "lib/deploy": [
    "./kubernetes/cluster_deployment.ts",
    "./nuclio/nuclio_deployment.ts",
    "./process/deployment.ts",
    "yaml",
  ], // each target by itself
  "lib/draw": ["@hpcc-js/wasm-graphviz", "@observablehq/plot", "linkedom"],
  "lib/models": ["something by module", "onnxruntime-node", "onnxruntime-web", "onnxruntime-web/webgpu"],
  "lib/serve": ["@bufbuild/protobuf/wire", "@grpc/grpc-js"],
  "lib/stores": ["@duckdb/node-api", "@zip.js/zip.js", "aws4fetch", "modern-tar", "yaml"],
  "lib/streams": [
    "@nats-io/transport-node",
    "@nats-io/transport-node/lib/node_transport.js",
    "@platformatic/kafka",
    "redis",
  ],
  "lib/telemetry": ["@opentelemetry/api"],
  "lib/image": ["modern-tar", "xz-decompress"],
  "lib/cli": [
    "../deploy/kubernetes/cluster_deployment.ts",
    "./build_image_of.ts",
    "./deploy_of.ts",
    "./execute.ts",
    "./serving/serve_module.ts",
    "./write_manifests_of.ts",
    "./write_bundle.ts",
    "something by code",
    "something by serving",
    "something by url",
  ], // modules and bundles that a person serves
  "kernel/language": ["typescript"],
};

const LINES_AT_MOST = 300;
const LINES_WITHOUT_TEST = 100;
/** Longer files without a test file of their own, each with what tests it instead. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  "lib/bundle/cell_code.ts": "slice_notebook_test.ts: cells that run, and their code where it has left",
  "lib/bundle/describe_function.ts": "make_bundle_test.ts, cli/deploy_test.ts: real processes",
  "lib/bundle/find_code.ts": "slice_notebook_test.ts: every way of being found, and each refusal",
  "lib/bundle/touched_names.ts": "check_values_test.ts: cells that run, and what their code makes where it has left",
  "lib/bundle/write_held.ts": "slice_notebook_test.ts: what closures hold, and each refusal",
  "lib/bundle/slice.ts": "slice_notebook_test.ts",
  "lib/deploy/cluster/cluster_objects.ts": "conformance/cluster: a real API server",
  "lib/deploy/kubernetes/cluster_deployment.ts": "conformance/cluster: releases at a real control plane",
  "lib/deploy/kubernetes/preflight.ts": "conformance/cluster: what is refused by a real control plane",
  "lib/deploy/kubernetes/run_release.ts": "conformance/cluster: releases, streams and scales at a real control plane",
  "lib/deploy/nuclio/release_changes.ts":
    "nuclio_deployment_test.ts and follow_state_test.ts: conflicts, and what is put back",
  "lib/deploy/deployment.ts": "types of every target; deploy/process/deployment_test.ts",
  "lib/deploy/process/deployment_changes.ts":
    "deployment_test.ts, resume_test.ts, promises/deploy_test.ts: real processes",
  "lib/functions/function_parts.ts": "serving_test.ts",
  "lib/functions/open_sources.ts": "start_function_test.ts, testing/test_bench_test.ts, promises/triggers_test.ts",
  "lib/functions/parts_of.ts": "start_function_test.ts, graph/part_test.ts",
  "kernel/client/report_style.ts":
    "a style sheet: pictures of the report are looked at; report_test.ts has the rules that must be there",
  "lib/cli/build_image_of.ts": "image_test.ts; conformance/image: images that are built, pushed and run",
  "lib/cli/deploy_of.ts":
    "cli/deploy_test.ts, promises/deploy_test.ts: real processes; the cluster suite: a real API server",
  "lib/cli/dlq/dlq_run.ts": "dlq_test.ts: every word; promises/dead_letters_test.ts: a deployed function",
  "lib/cli/serving/serve_function.ts": "serve_test.ts and serve_workers_test.ts: real processes",
  "lib/cli/streams/known_streams.ts": "cli/streams_test.ts: a deployment's streams, and its readers",
  "lib/cli/supervisor/supervisor.ts": "lib/deploy/process/deployment_test.ts: real processes",
  "lib/cli/workers/worker_process.ts": "serve_workers_test.ts: real processes",
  "lib/flow/follow.ts": "walk_test.ts: random graphs go through each of its ways, leaving out one count fails it",
  "lib/flow/inlet.ts": "worker_test.ts",
  "lib/flow/pump.ts": "reply_stream_test.ts, walk_test.ts, promises/nothing_hangs_test.ts",
  "lib/flow/open.ts": "every test of lib/flow opens by it",
  "lib/graph/builder.ts": "compile_test.ts and cell_test.ts",
  "lib/graph/chain.ts": "tests/types/chain_test.ts and compile_test.ts",
  "lib/graph/from_document.ts": "document_test.ts",
  "lib/graph/graph.ts": "compile_test.ts and document_test.ts",
  "lib/graph/operator.ts": "unit/lib/steps: each step is one",
  "lib/graph/step.ts": "compile_test.ts",
  "lib/image/build_image.ts": "conformance/image: images that are built, pushed and run",
  "lib/models/host/place.ts": "lib/routers/hosting_test.ts",
  "lib/models/hosted_model.ts": "lib/routers/hosting_test.ts",
  "lib/routers/collective.ts": "lib/routers/ensemble_test.ts, weighted_router_test.ts, shadow_test.ts: three of them",
  "lib/remote/remote_answer.ts": "remote_test.ts: every kind of answer, broken ones too",
  "lib/remote/remote_client.ts": "remote_test.ts: TLS, redirects, hang-ups",
  "lib/steps/remote/remote_options.ts": "remote_test.ts",
  "lib/stores/cache/cache_room.ts": "store_cache_test.ts, folder_cache_test.ts, evict_test.ts",
  "lib/stores/remote/store_client.ts": "remote_item_test.ts: every kind of answer, silence, hang-ups, TLS",
  "lib/serve/grpc/ask_flow.ts": "listen_grpc_test.ts and conformance/grpc: limits, deadlines, metadata",
  "lib/serve/grpc/grpc_runtime.ts": "types; loading: listen_grpc_test.ts, and cli/serve_test.ts where Deno may not",
  "lib/serve/grpc/service.ts": "listen_grpc_test.ts and conformance/grpc: calls of every kind, by clients",
  "lib/serve/openapi/model_paths.ts": "openapi_test.ts, and the openapi suite against servers that listen",
  "lib/serve/openapi/operation.ts": "openapi_test.ts, and the openapi suite against servers that listen",
  "lib/serve/openapi/own_paths.ts": "openapi_test.ts, and the openapi suite against servers that listen",
  "lib/serve/openapi/schemas.ts": "openapi_test.ts, and the openapi suite against servers that listen",
  "lib/stores/table_writer.ts": "unit/lib/steps/write_sql_test.ts, write_parquet_test.ts",
  "lib/streams/delivery.ts": "memory_driver_test.ts: the contract of streams",
  "lib/streams/kafka/kafka_client.ts": "types of the client, and its import",
  "lib/streams/kafka/kafka_cluster.ts":
    "the streams suite: a real broker, stopped and started, with processes that are killed, over TLS and with logins",
  "lib/streams/kafka/kafka_driver.ts": "the streams suite: a real broker, the contract of streams",
  "lib/streams/kafka/kafka_exchange.ts":
    "the streams suite: a real broker, its transactions, sizes that only it refuses",
  "lib/streams/kafka/kafka_topic.ts":
    "the streams suite: a real broker; topics that are there, or not, or may not be seen or made",
  "lib/streams/kafka/kafka_keeping.ts":
    "the streams suite: a real broker, readers and exchanges that are killed or stand still",
  "lib/streams/kafka/open_kafka.ts": "the streams suite: a real broker, logins, rights, topics that cannot be had",
  "lib/streams/kafka/kafka_source.ts": "the streams suite: a real broker, the contract of streams",
  "lib/streams/kafka/kafka_transactor.ts": "the streams suite: a real broker, exchanges that are killed or stand still",
  "lib/streams/kafka/kafka_fetcher.ts":
    "the streams suite: a real broker, stopped and started, with processes that are killed",
  "lib/streams/kafka/kafka_member.ts":
    "the streams suite: a real broker, stopped and started, with processes that are killed",
  "lib/streams/kafka/kafka_publisher.ts":
    "the streams suite: a real broker, stopped and started, with processes that are killed",
  "lib/streams/memory/memory_log.ts": "memory_driver_test.ts: the contract of streams",
  "lib/streams/letters/letter_choice.ts": "dead_letters_test.ts: every way of choosing, and each refusal",
  "lib/streams/nats/nats_client.ts": "conformance/streams: the contract against a real NATS",
  "lib/streams/nats/nats_log.ts": "conformance/streams: the contract against a real NATS",
  "lib/streams/nats/open_nats.ts": "conformance/streams: the contract against a real NATS",
  "lib/streams/redis/redis_client.ts": "conformance/streams: the contract against a real Redis",
  "lib/streams/redis/redis_scripts.ts":
    "conformance/streams: every script by the contract and by redis_lab, at a real Redis",
  "lib/streams/stream.ts": "memory_driver_test.ts: the contract of streams",
  "lib/streams/v3io/v3io_client.ts": "open_v3io_test.ts: wrong keys, servers that are away and come back",
  "lib/streams/v3io/v3io_shard.ts": "v3io_log_test.ts: every way of reading, against a fake",
  "lib/testing/bench.ts": "test_bench_test.ts",
  "lib/testing/bench_streams.ts": "test_bench_test.ts, and at brokers by the streams suite",
};
const ROOT = new URL("../", import.meta.url);

/** Every TypeScript file below a folder, relative to the project. */
function* sources(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The room of a file: its folder, or the file itself where it stands alone. */
function roomOf(path: string): string {
  const [top, room] = path.split("/");
  return `${top}/${room}`;
}

/** What a file imports and exports. */
interface Imports {
  readonly specifiers: string[];
  /** What it imports from a variable, when it runs. */
  readonly later: string[];
  readonly exported: string[];
}

/** Reads a file's imports and exports from its parsed text. */
function importsOf(path: string): Imports {
  const text = read(path);
  const { staticImports, staticExports, dynamicImports } = parseSync(path, text).module;
  const dynamic = dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start, end));
  const exports = staticExports.flatMap(({ entries }) => entries);
  return {
    specifiers: [
      ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...exports.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
      ...dynamic.filter((code) => /^["']/.test(code)).map((code) => code.slice(1, -1)),
    ],
    later: dynamic.filter((code) => !/^["']/.test(code)).map((code) =>
      new RegExp(`\\bconst ${code} = "([^"]+)";`).exec(text)?.[1] ?? `something by ${code}`
    ),
    exported: exports.flatMap(({ exportName }) => exportName.name ?? []),
  };
}

const FILES = [...sources("lib"), ...sources("kernel")];

Deno.test("the arrows of the house go one way", () => {
  const wrong = FILES.flatMap((path) => {
    const room = roomOf(path);
    const allowed = ARROWS[room];
    if (allowed === undefined) return [`${path}: room ${room} is not in the plan`];
    return importsOf(path).specifiers.filter((specifier) => specifier.startsWith(".")).flatMap((specifier) => {
      const target = roomOf(new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length));
      return target === room || allowed.includes(target) ? [] : [`${path} imports ${specifier}`];
    });
  });
  deepStrictEqual(wrong, []);
});

/** The parts of `lib/deploy`, and what each may import of its siblings; files of the room itself are everybody's, and only `open_deployment` and its like name targets. */
const DEPLOY_ARROWS: Readonly<Record<string, readonly string[]>> = {
  ask: ["settings"],
  cluster: [],
  settings: [],
  objects: ["cluster", "settings"],
  process: ["ask", "settings"],
  kubernetes: ["ask", "cluster", "objects", "settings"],
  nuclio: ["ask", "cluster", "objects", "settings"],
  serverless: ["cluster", "objects", "settings"],
};

Deno.test("targets of a deploy know nothing of each other, and what they share knows none of them", () => {
  const wrong = FILES.filter((path) => path.startsWith("lib/deploy/")).flatMap((path) => {
    const [, , part, file] = path.split("/");
    const allowed = file === undefined ? undefined : DEPLOY_ARROWS[part!] ?? [];
    if (allowed === undefined) return [];
    return importsOf(path).specifiers.filter((specifier) => specifier.startsWith(".")).flatMap((specifier) => {
      const target = new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length).split("/");
      const isSibling = target[1] === "deploy" && target.length > 3 && target[2] !== part;
      return isSibling && !allowed.includes(target[2]!) ? [`${path} imports ${specifier}`] : [];
    });
  });
  deepStrictEqual(wrong, []);
});

Deno.test("the README names each room of lib once", () => {
  const [, rooms = ""] = /## The rooms\n([^]*)/.exec(read("README.md")) ?? [];
  const named = [...rooms.matchAll(/^\| `(lib\/[^`]+)`/gm)].map(([, room]) => room!).sort();
  deepStrictEqual(named, Object.keys(ARROWS).filter((room) => room.startsWith("lib/")).sort());
});

Deno.test("a room imports the packages that are planned for it: by their names at start, or from a variable later", () => {
  const wrong = FILES.flatMap((path) => {
    const [room, { specifiers, later }] = [roomOf(path), importsOf(path)];
    const outside = specifiers.filter((specifier) => !/^(\.|node:)/.test(specifier)); // "levada" too: only users import it by its name
    return [
      ...outside.filter((name) => !PACKAGES[room]?.includes(name)).map((name) => `${path} imports ${name}`),
      ...later.filter((name) => !LATER[room]?.includes(name)).map((name) => `${path} imports ${name} later`),
    ];
  });
  deepStrictEqual(wrong, []);
});

Deno.test("only mod.ts and testing/mod.ts are barrels", () => {
  const barrels = FILES.filter((path) => path !== "lib/testing/mod.ts").filter((path) =>
    /^export (\*|\{[^}]*\}) from/m.test(read(path))
  );
  deepStrictEqual(barrels, []);
});

Deno.test("tests/unit mirrors lib and kernel: no test without its file", () => {
  const files = new Set(FILES);
  const orphans = [...sources("tests/unit")].filter((path) => path.endsWith("_test.ts")).filter((path) =>
    !files.has(path.replace("tests/unit/", "").replace(/_test\.ts$/, ".ts"))
  );
  deepStrictEqual(orphans, []);
});

Deno.test("each file in lib/steps is a kind of step of the catalogue; what they share is in folders", () => {
  const files = [...Deno.readDirSync(new URL("lib/steps/", ROOT))].filter(({ isFile }) => isFile).map(({ name }) =>
    name
  );
  const kinds = [...STEPS.keys()].map((kind) =>
    `${kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}.ts`
  );
  deepStrictEqual(files.sort(), [...kinds, "catalogue.ts"].sort());
});

Deno.test(`a file of more than ${LINES_WITHOUT_TEST} lines has a test of its own, or the reason why not stands above`, () => {
  const tests = new Set(sources("tests/unit"));
  const untested = FILES.filter((path) => !tests.has(`tests/unit/${path.replace(/\.ts$/, "_test.ts")}`))
    .filter((path) => read(path).trimEnd().split("\n").length > LINES_WITHOUT_TEST);
  deepStrictEqual(untested.sort(), Object.keys(TESTED_ELSEWHERE).sort());
});

Deno.test(`no file has more than ${LINES_AT_MOST} lines`, () => {
  const long = FILES.filter((path) => read(path).split("\n").length > LINES_AT_MOST);
  deepStrictEqual(long, []);
});

Deno.test("assertions are strict: under Deno the named deepEqual and equal of node:assert/strict are not", () => {
  const loose = [...FILES, ...sources("tests")].filter((path) =>
    path !== "tests/house_test.ts" &&
    /import \{[^}]*\b(deepEqual|equal|notEqual|notDeepEqual)\b(?! as)[^}]*\} from "node:assert/.test(read(path))
  );
  deepStrictEqual(loose, []);
});

Deno.test("steps ask laterOf() what answers later: a thenable is no Promise", () => {
  const asking = FILES.filter((path) => /^lib\/(graph|steps)\//.test(path) && path !== "lib/graph/later.ts")
    .filter((path) => read(path).includes("instanceof Promise"));
  deepStrictEqual(asking, []);
});

Deno.test("packages come from npm, each at one exact version that deno.lock holds", () => {
  const { imports } = JSON.parse(read("imports.json")) as { imports: Record<string, string> };
  const { specifiers } = JSON.parse(read("deno.lock")) as { specifiers: Record<string, string> };
  const packages = Object.values(imports).filter((target) => !target.startsWith("./"));
  const loose = packages.filter((target) =>
    !/^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(-[\w.]+)?(\/[\w./-]+)?$/.test(target)
  );
  deepStrictEqual(loose, []);
  const bare = new Set(packages.map((target) => /^npm:(@[^/]+\/)?[^/]+/.exec(target)![0])); // a door of a package is the package
  deepStrictEqual(
    Object.keys(specifiers).sort(),
    [...bare].sort(),
    "after a change: `deno task check` writes deno.lock",
  );
});

Deno.test("deno task installs nothing by itself: it does so for whatever deno.json names, by imports or lock", () => {
  const { imports, lock, importMap, tasks } = JSON.parse(read("deno.json")) as {
    readonly [key: string]: unknown;
    readonly tasks: Record<string, { command: string }>;
  };
  deepStrictEqual([imports, lock, importMap], [undefined, false, "imports.json"]);
  const commands = Object.values(tasks).flatMap(({ command }) => command.split(" && "));
  const unlocked = commands.filter((command) => /^deno (run|test|check|bench)\b/.test(command)).filter((command) =>
    !command.includes(" --lock=deno.lock")
  );
  deepStrictEqual(unlocked, []);
});

Deno.test("each door exports the public names that are pinned, and nothing else", () => {
  for (const [door, list] of [["mod.ts", "public_names.txt"], ["lib/testing/mod.ts", "public_names_testing.txt"]]) {
    const pinned = read(`tests/${list}`).trim().split("\n");
    deepStrictEqual(
      importsOf(door!).exported.sort(),
      pinned,
      `a new public name is a decision: write it into ${list}`,
    );
  }
});
