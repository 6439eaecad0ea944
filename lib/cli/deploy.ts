/** `levada deploy NOTEBOOK|MODULE|BUNDLE` */
import { type Command, type CommandContext, UsageError } from "./command.ts";
import type { deployOf } from "./deploy_of.ts";
import { checkWords, PLACE_OPTIONS, readTarget } from "./target_options.ts";
import { readOptions, readSeconds, readUrl, readWhole } from "./options.ts";
import { CLUSTER_NEEDS, prefetch, RUN_NEEDS } from "./prefetch.ts";

const PROCESS_NEEDS = ["lib/deploy/process/deployment.ts", "lib/cli/supervisor/supervisor_main.ts"];

/** Deploys a function. */
export const DEPLOY: Command = {
  summary: "Run a function where it stays: as processes of this machine, or as pods of a cluster",
  help: `Usage: levada deploy NOTEBOOK.ipynb|MODULE.ts|BUNDLE [OPTIONS]

Makes a bundle, compiles the graph of each function, starts it once to see that it starts, and has it run.

On this machine: what the brokers of its streams need is downloaded, and there is one process for the function and one for each of its children, joined by streams, watched over by a process that
stays when this command has ended. What ran before runs until all of the new listens, and runs on when that does not start. A second
deploy of the same changes nothing. All of it lies in LEVADA_STATE, default .levada. A notebook runs up to the cell that calls deploy(),
whose workers and port hold here too. How each function is served (tokens, TLS, limits) stands in its options: serving("name", { serve:
{ … } }). Its \`resources\` are not looked at here.

Code that leaves is run to make the bundle, with --dry-run too: a notebook's cells up to the deploy; what leaves it once or twice, in a process of
its own, to compare its values with the notebook's; the bundle once, to see that it starts; then each worker runs it. What a top level
does to others (a request, a mail, a row in a table) it does each time.

In a cluster: an object each that Kubernetes has for it, a Deployment and a Service for the function and for each of its children. What is
missing is told before anything is changed: rights, kinds, quotas, fields that somebody else has written. New pods are ready before old ones
end; where they are not, the release before is applied again, with the reason. What a function needs there (secrets, an ingress, how it
scales) stands in its options: serving("name", { cluster: { … }, resources: { … } }).

To Nuclio: a function each there, by its dashboard, of --image, which has the bundle in it; see the README.

  --target NAME      Where to: process, this machine, kubernetes, or nuclio. Default: what the notebook's deploy() says, else process.
  --namespace NAME   In a cluster: the namespace. Default: that of the context.
  --context NAME     In a cluster: the context of the kubeconfig (KUBECONFIG, else ~/.kube/config). Default: its current one.
                     Of Nuclio: where is read why pods are not ready.
  --dashboard URL    Of Nuclio: where it answers. Default: LEVADA_NUCLIO_DASHBOARD.
  --project NAME     Of Nuclio: whose the functions are. Default: default.
  --token NAME       Of Nuclio: the name of a secret, as of an environment variable, that its dashboard takes. Default: none is sent.
  --node-port        Of Nuclio: callers from outside the cluster find the function at a port of its nodes.
  --invoke-url URL   Of Nuclio: where callers find the function. Default: what Nuclio says.
  --no-mirror-schedules  Of Nuclio: schedules are not shown as cron triggers, of which some platforms make CronJobs.
  --image NAME       In a cluster: what the pods run. Default: LEVADA_IMAGE. \`levada image --runtime\` makes one.
  --bundle-folder F  In a cluster: the folder of the image that holds the bundle, /bundle in those of \`levada image\`. Default: none, the code
                     travels in a ConfigMap.
  --bundle-url URL   In a cluster: the store that pods fetch the code from, s3://BUCKET/FOLDER/, gs://, az://, https://. It is
                     uploaded there, each revision to a place of its own. Of an http URL secrets are named: https://HOST/FOLDER/?\${NAME}.
  --image-pull-secret NAME  In a cluster: the Secret with which it is pulled. Several times.
  --replicas N       In a cluster: so many pods of each function. Default: what its \`cluster\` says, else 1.
  --force            In a cluster: takes over what somebody else has written into its objects, and objects of its names that nobody owns.
  --workers N        So many processes for each function. Default: as many as its \`serve\` says, else 1.
  --port N           Where the function itself listens. Default: where it did before, else a free port.
  --renew            Replaces the processes also where nothing changes: they get the environment of this command.
  --dry-run          Only tells what would change.
  --deadline SECONDS How long everything may take to be ready, from the start of this command, downloads and a notebook's cells included.
                     Default: what the notebook's deploy() says, else 120, in a cluster 300, all from when it is bundled.
  --export NAME      The function: an export of the module, or a name of the notebook. Default: the default export, or the only one.
  --file PATH        Brings this file too. Several times.
  --external PACKAGE Leaves this package out of the code. Several times.

Exit code: 0 it runs, 1 it cannot, and what ran runs on, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const startedAt = performance.now();
    const { values, positionals } = readOptions(args, {
      ...PLACE_OPTIONS,
      "node-port": { type: "boolean" },
      "invoke-url": { type: "string" },
      "no-mirror-schedules": { type: "boolean" },
      image: { type: "string" },
      "bundle-folder": { type: "string" },
      "bundle-url": { type: "string" },
      "image-pull-secret": { type: "string", multiple: true },
      replicas: { type: "string" },
      force: { type: "boolean" },
      workers: { type: "string" },
      port: { type: "string" },
      renew: { type: "boolean" },
      "dry-run": { type: "boolean" },
      deadline: { type: "string" },
      export: { type: "string" },
      file: { type: "string", multiple: true },
      external: { type: "string", multiple: true },
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) throw new UsageError("give it one notebook, module or bundle");
    const target = readTarget(values.target);
    if (target !== undefined || !path.endsWith(".ipynb")) checkWords(target ?? "process", values); // a notebook may say where to
    const wish = {
      path,
      target,
      options: {
        namespace: values.namespace,
        context: values.context,
        dashboard: values.dashboard,
        project: values.project,
        token: values.token,
        nodePort: values["node-port"],
        invokeUrl: readUrl("invoke-url", values["invoke-url"]),
        mirrorSchedules: values["no-mirror-schedules"] === true ? false : undefined,
        image: values.image,
        bundleFolder: values["bundle-folder"],
        bundleUrl: values["bundle-url"],
        imagePullSecrets: values["image-pull-secret"],
        replicas: readWhole("replicas", values.replicas, { least: 1, most: 1_000 }),
        force: values.force,
        workers: readWhole("workers", values.workers, { least: 1, most: 512 }),
        port: readWhole("port", values.port, { least: 1, most: 65_535 }),
        renew: values.renew,
      },
      isDry: values["dry-run"] === true,
      deadlineMs: readSeconds("deadline", values.deadline),
      startedAt,
      export: values.export,
      files: values.file ?? [],
      external: values.external ?? [],
    };
    const needs = target === "process"
      ? PROCESS_NEEDS
      : target === "kubernetes"
      ? CLUSTER_NEEDS
      : [...PROCESS_NEEDS, ...CLUSTER_NEEDS];
    await prefetch([...RUN_NEEDS, "lib/cli/deploy_of.ts", ...needs], context);
    const module = "./deploy_of.ts"; // in a variable: Deno would download its packages when the command line starts
    return await (await import(module) as { deployOf: typeof deployOf }).deployOf(wish, context);
  },
};
