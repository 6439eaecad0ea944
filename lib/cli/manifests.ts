/** `levada manifests NOTEBOOK|MODULE|BUNDLE` */
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readOptions, readSeconds, readWhole } from "./options.ts";
import { CLUSTER_NEEDS, prefetch, RUN_NEEDS } from "./prefetch.ts";
import type { writeManifestsOf } from "./write_manifests_of.ts";

const MANIFEST_TARGETS = ["kubernetes", "knative", "kserve", "inference-graph"]; // SERVERLESS_TARGETS, which is loaded later

/** Writes what a deploy to a cluster applies. */
export const MANIFESTS: Command = {
  summary: "Write what a deploy to a cluster applies, as YAML",
  help: `Usage: levada manifests NOTEBOOK.ipynb|MODULE.ts|BUNDLE -o FOLDER [OPTIONS]

Writes the objects that \`levada deploy --target kubernetes\` applies, a file each: for a repository from which something else applies them.
A notebook runs up to the cell that calls deploy(): what that says of target kubernetes holds here too, where nothing else is said.
No cluster is asked. Files of an earlier time go, so that what the function has not any more is removed where that is looked at.

  -o, --output FOLDER  Where to; it has no other files.
  --target NAME        kubernetes; or the whole graph as one object: knative, a Service; kserve, an InferenceService; or inference-graph, an
                       InferenceGraph of a chain of remote steps: what it cannot say is told step by step. Default: kubernetes.
  --namespace NAME     Of the objects. Default: what the notebook's deploy() says, else default.
  --image NAME         What the pods run. Default: LEVADA_IMAGE. \`levada image --runtime\` makes one.
  --bundle-folder F    The folder of the image that holds the bundle. Default: none, the code is one of the objects.
  --bundle-url URL     The store that pods fetch the code from, s3://BUCKET/FOLDER/: it is uploaded there. Default: none.
  --image-pull-secret NAME  The Secret with which it is pulled. Several times.
  --replicas N         So many pods of each function. Default: what its \`cluster\` says, else 1.
  --deadline SECONDS   How long everything may take to be ready, as \`levada deploy\` is told: over 600 pods may take as long to start. Default:
                       what the notebook's deploy() says, else 600 for pods.
  --export NAME        The function: an export of the module, or a name of the notebook. Default: the default export, or the only one.
  --file PATH          Brings this file too. Several times.
  --external PACKAGE   Leaves this package out of the code. Several times.

Exit code: 0 written, 1 it cannot be, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      output: { type: "string", short: "o" },
      target: { type: "string" },
      namespace: { type: "string" },
      image: { type: "string" },
      "bundle-folder": { type: "string" },
      "bundle-url": { type: "string" },
      "image-pull-secret": { type: "string", multiple: true },
      replicas: { type: "string" },
      deadline: { type: "string" },
      export: { type: "string" },
      file: { type: "string", multiple: true },
      external: { type: "string", multiple: true },
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) throw new UsageError("give it one notebook, module or bundle");
    const { target = "kubernetes" } = values;
    if (!MANIFEST_TARGETS.includes(target)) {
      throw new UsageError(`there is no target "${target}": it is ${MANIFEST_TARGETS.join(", ")}`);
    }
    for (const word of ["replicas", "deadline"] as const) {
      if (values[word] !== undefined && target !== "kubernetes") {
        throw new UsageError(`--${word} is for --target kubernetes`);
      }
    }
    if (values.output === undefined) throw new UsageError("say where to: -o FOLDER");
    await prefetch([...RUN_NEEDS, "lib/cli/write_manifests_of.ts", ...CLUSTER_NEEDS], context);
    const module = "./write_manifests_of.ts"; // in a variable: Deno would download its packages when the command line starts
    const { writeManifestsOf: write } = await import(module) as { writeManifestsOf: typeof writeManifestsOf };
    return await write({
      path,
      target,
      export: values.export,
      files: values.file ?? [],
      external: values.external ?? [],
      folder: values.output,
      namespace: values.namespace,
      image: values.image,
      bundleFolder: values["bundle-folder"],
      bundleUrl: values["bundle-url"],
      imagePullSecrets: values["image-pull-secret"],
      replicas: readWhole("replicas", values.replicas, { least: 1, most: 1_000 }),
      deadlineMs: readSeconds("deadline", values.deadline),
    }, context);
  },
};
