/** Modules and slices → bundles. */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BundleError } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import { secretPlaces } from "../graph/secret_data.ts";
import { type Bundle, hashOf, MANIFEST, type Manifest, revisionOf } from "./bundle.ts";
import { checkValues, VALUES, valuesExport } from "./check_values.ts";
import { collectFiles } from "./collect_files.ts";
import { denoBundle } from "./deno_bundle.ts";
import type { DescribedUnits } from "./described_units.ts";
import { type DescribedFunction, describeFunction } from "./describe_function.ts";
import { findProject, readImports } from "./find_project.ts";
import { hasJsx } from "./jsx_pragma.ts";
import { externalNames, resolveImports, resolveRelative } from "./resolve_imports.ts";
import { libraryConfig, libraryFiles } from "./runtime.ts";
import type { SlicedModule } from "./sliced_module.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import type { SlicedValues } from "./sliced_values.ts";

/** What else a bundle is made by. */
export interface BundleOptions {
  /** The export of a module that is the function. Default: `default`. */
  readonly export?: string | undefined;
  /** Packages that are not taken into the code, besides those that are known to be native. */
  readonly external?: readonly string[] | undefined;
  /** Files that it brings, relative to `directory`; models that the function names come by themselves. */
  readonly files?: readonly string[] | undefined;
  /** Whether the code of a notebook is run once, to see that it makes what the notebook has. Default true. */
  readonly compares?: boolean | undefined;
  /** What files are relative to. Default: the current folder; of a slice the notebook's. */
  readonly directory?: string | undefined;
  /** When a module has to be bundled, by `performance.now()`. Default: two minutes after it is brought together. */
  readonly endsAt?: number | undefined;
}

const ROOT = new URL("../../", import.meta.url);
const ENTRY = "code.ts";
const ENCODER = new TextEncoder();

/**
 * Bundles a module whose export is the function. The module is the code: it runs again where the function is served.
 *
 * @throws {BundleError} If it cannot be bundled, or has no such function.
 */
export async function bundleModule(url: URL, options: BundleOptions = {}): Promise<Bundle> {
  const name = basename(fileURLToPath(url));
  const act = `bundle ${name}`;
  const specifier = JSON.stringify(url.href);
  const exported = options.export ?? "default";
  const entry = [
    `import { ${exported} as fn } from ${specifier};`,
    `export * from ${specifier};`, // classes that say where they are: a worker asks for them by name
    "export default fn;\n",
  ].join("\n");
  const directory = options.directory ?? Deno.cwd();
  const files = await codeFiles(entry, {
    act,
    directory: fileURLToPath(new URL(".", url)),
    external: options.external,
  });
  const { endsAt } = options;
  const timeoutMs = endsAt === undefined ? undefined : Math.max(1, endsAt - performance.now());
  return await finish(files, await describeFunction(act, files, { timeoutMs }), { act, directory, options });
}

/**
 * Bundles what was sliced out of a notebook.
 *
 * @throws {BundleError} If it cannot be bundled, or a secret stands in its data.
 */
export async function bundleCode(code: SlicedModule, options: BundleOptions = {}): Promise<Bundle> {
  const act = `bundle function "${code.name}"`;
  const document = { ...code.document };
  const byForm = secretPlaces(document, { byName: false });
  const byName = secretPlaces(document).filter(({ kind }) => kind === "leftOut"); // the document had them by their names
  const paths = new Set([...byForm, ...byName].map(({ path }) => path));
  const faults = [...paths].map((path) =>
    errorFault(
      `${path} has a secret written out, which does not leave`,
      'Give readSecret("NAME"), or ${NAME}, or read it where the function runs: the secret stays in the environment',
    )
  );
  const { whole, apart } = code.units;
  if (whole.length > 0) faults.push(...whole, ...apart);
  if (faults.length > 0) throw new BundleError(act, faults);
  const module = hasJsx(code.text) ? "function.tsx" : "function.ts";
  const sliced = code.values as SlicedValues;
  const values = sliced.values.length === 0 ? "" : `export { ${VALUES} } from "./${module}";\n`;
  const entry = `import fn from "./${module}";
${values}export default fn;
`;
  const directory = options.directory ?? fileURLToPath(code.directory);
  const files = await codeFiles(entry, {
    act,
    directory: fileURLToPath(code.directory),
    external: options.external,
    modules: new Map([[module, {
      text: code.text,
      base: code.directory,
      behind: sliced.values.length === 0 ? "" : valuesExport(sliced),
    }]]),
  });
  const bundle = await finish(files, { ...code, units: code.units as DescribedUnits }, { act, directory, options });
  if (options.compares !== false) {
    await checkValues(`take function "${code.name}" out of its notebook`, sliced, bundle.files);
  }
  return bundle;
}

interface CodeWish {
  readonly act: string;
  /** Where imports are looked for, as a path. */
  readonly directory: string;
  readonly external: readonly string[] | undefined;
  /** Modules beside the entry; their relative imports are relative to `base`. */
  readonly modules?: ReadonlyMap<string, { readonly text: string; readonly base: string; readonly behind: string }>;
}

const RUN = `import { runBundle } from "levada/run";
if (Deno.mainModule === import.meta.url) await runBundle(fn);
`;

/** The code, the library, and what Deno has to know of both. */
async function codeFiles(
  entry: string,
  { act, directory, external, modules = new Map() }: CodeWish,
): Promise<Map<string, Uint8Array>> {
  const project = await findProject(directory);
  const imports = await readImports(project.config);
  await using folder = await temporaryFolder("code");
  const lock = join(folder.path, "deno.lock");
  await Deno.copyFile(project.lock, lock);
  await Deno.writeTextFile(join(folder.path, ENTRY), `${entry}${RUN}`);
  for (const [name, { text, base, behind }] of modules) {
    await Deno.writeTextFile(join(folder.path, name), resolveRelative(text, base) + behind);
  }
  const made = await denoBundle({
    act,
    entries: [join(folder.path, ENTRY)],
    folder: folder.path,
    roots: [directory],
    config: project.config,
    lock,
    external: externalNames(external),
  });
  const code = resolveImports(made.get("code.js")!, imports);
  const map = JSON.parse(made.get("code.js.map")!) as { sources: string[]; sourcesContent: (string | null)[] };
  const sourcesContent = map.sourcesContent.map((content, index) => {
    const source = map.sources[index]!;
    return source === ENTRY ? null : modules.get(source)?.text ?? content; // nobody wrote the entry
  });
  const texts: [string, string][] = [
    ["code.js", `${code.trimEnd()}\n//# sourceMappingURL=code.js.map\n`],
    ["code.js.map", JSON.stringify({ ...map, sourcesContent })],
    ["deno.json", `${JSON.stringify(await libraryConfig(), undefined, 2)}\n`],
    ["deno.lock", await Deno.readTextFile(lock)],
    ...[...await libraryFiles()].map(([path, text]): [string, string] => [`levada/${path}`, text]),
  ];
  return new Map(texts.map(([path, text]) => [path, ENCODER.encode(text)]));
}

async function finish(
  code: Map<string, Uint8Array>,
  { document, view, units: { whole, apart, feeds } }: DescribedFunction,
  { act, directory, options }: { act: string; directory: string; options: BundleOptions },
): Promise<Bundle> {
  if (whole.length > 0) throw new BundleError(act, [...whole, ...apart]);
  const files = new Map(code);
  for (const [path, bytes] of await collectFiles({ act, directory, document, wished: options.files ?? [] })) {
    files.set(path, bytes);
  }
  const { name } = document as { name: string };
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))) as { version: string };
  const sorted = [...files].sort(([one], [other]) => one < other ? -1 : 1);
  const manifest: Manifest = {
    levada: "bundle/1",
    name,
    function: document,
    view,
    ...apart.length === 0 ? {} : { faults: apart },
    feeds,
    versions: { levada: version, deno: Deno.version.deno },
    files: Object.fromEntries(sorted.map(([path, bytes]) => [path, hashOf(bytes)])),
  };
  const all = new Map([...sorted, [MANIFEST, ENCODER.encode(`${JSON.stringify(manifest, undefined, 2)}\n`)] as const]);
  return { name, revision: revisionOf(all), files: all };
}
