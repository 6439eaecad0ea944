/** Makes the module that a function of a notebook leaves as. */
import { pathToFileURL } from "node:url";
import { BundleError, type Fault } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import { notJson } from "../graph/json.ts";
import { type Declaration, type ParsedRun, parseRun } from "./cell_code.ts";
import { DeclarationIndex } from "./declaration_index.ts";
import { isSecretName, variableIn } from "./environment_secrets.ts";
import { findCode, type FoundCode, type Surroundings, useOf } from "./find_code.ts";
import { findSchema } from "./find_schema.ts";
import { type FunctionCode, stepsOfRefs } from "./function_code.ts";
import { openNotebook } from "./notebook.ts";
import { notebookValues } from "./notebook_values.ts";
import { hasJsx, jsxPragma } from "./jsx_pragma.ts";
import { type Root, sliceCells } from "./slice.ts";
import { SlicedModule } from "./sliced_module.ts";
import { writeModule } from "./write_module.ts";

const TABLE_ROWS_BYTES = 1 << 20; // of rows that travel in the code; more belongs into a file

/**
 * Slices the notebook that this code runs in.
 *
 * @throws {BundleError} With everything that cannot leave, each with a cure.
 */
export async function sliceNotebook(fn: FunctionCode): Promise<SlicedModule> {
  const act = `take function "${fn.name}" out of its notebook`;
  const view = openNotebook();
  if (view === undefined) {
    throw new BundleError(act, [errorFault(
      `nobody knows the cells here: this is no notebook, or one in another kernel than Levada's`,
      `Run the notebook in Levada's kernel, put the function into a .ts module, or say \`levada bundle NOTEBOOK\``,
    )]);
  }
  const runs = (await view.cells()).flatMap((run, index) => parseRun(run, index) ?? []);
  const faults: Fault[] = [];
  const surroundings: Surroundings = {
    view,
    runs,
    index: new DeclarationIndex(runs),
    globals: globalThis as unknown as Record<string, unknown>,
    library: await import(LIBRARY) as Record<string, unknown>,
    faults,
  };
  const steps = stepsOfRefs(fn.document);
  const code = new Map<string, FoundCode>();
  for (const [ref, value] of fn.code) {
    code.set(ref, await findCode(value, { user: "it", step: steps.get(ref) }, surroundings));
  }
  const tables = await findTables(fn, surroundings);
  const schemas = await findSchemas(fn, surroundings);
  checkEnvironment(fn, faults);
  const roots = [...code.values(), ...tables.values(), ...schemas.values()].flatMap(({ roots }) => roots);
  const globals = await globalNames();
  let declarations: readonly Declaration[] = [];
  const write = (more: readonly Root[]) => {
    const { faults: found, ...slice } = sliceCells(runs, [...roots, ...more], {
      isGlobal: (name) => globals.has(name),
    });
    if (faults.length + found.length > 0) throw new BundleError(act, [...faults, ...found]);
    declarations = slice.declarations;
    const effects = runs.filter((run) => surroundings.index.isNewest(run)).flatMap((run) => run.effects);
    return writeModule({ slice, effects, document: fn.document, code, tables, schemas });
  };
  const text = withJsx(write, runs);
  return new SlicedModule({
    name: fn.name,
    text,
    document: fn.document,
    view: fn.view,
    units: fn.units,
    directory: `${pathToFileURL(Deno.cwd()).href.replace(/\/$/, "")}/`,
    values: await notebookValues({ ...surroundings, declarations, roots }),
  });
}

/** What the graph is made with is written into the document: no value of the environment may be in it. */
function checkEnvironment({ document, tables }: FunctionCode, faults: Fault[]): void {
  const secrets = Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => isSecretName(name)));
  const parts: [string, unknown][] = [
    ["what the graph is made with", document],
    ...[...tables].map((
      [name, { rows }],
    ): [string, unknown] => [`table "${name}"`, notJson([rows], name) === undefined ? rows : null]),
  ];
  for (const [where, part] of parts) {
    const variable = variableIn(part, secrets);
    if (variable === undefined) continue;
    faults.push(errorFault(
      `${where} has the value of the environment's ${variable}, which would be written into the bundle`,
      `Give readSecret("${variable}"), or read it where the step runs: Deno.env.get("${variable}") in the step`,
    ));
  }
}

/** Where the module has JSX, it says how that becomes calls, and has what is called. */
function withJsx(write: (more: readonly Root[]) => string, runs: readonly ParsedRun[]): string {
  const text = write([]);
  if (!hasJsx(text)) return text;
  const { text: pragma, factory } = jsxPragma(runs);
  return `${pragma}\n${factory === undefined ? text : write([{ user: "JSX", free: useOf(factory) }])}`;
}

/** The names that every program has: here are also those of the kernel, and what cells have put among them. */
async function globalNames(): Promise<ReadonlySet<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", "console.log(JSON.stringify(Object.getOwnPropertyNames(globalThis)))"],
    stdin: "null",
    stderr: "null",
  }).output();
  return new Set(JSON.parse(new TextDecoder().decode(stdout)) as string[]);
}

const LIBRARY = new URL("../../mod.ts", import.meta.url).href;

async function findTables({ tables }: FunctionCode, surroundings: Surroundings): Promise<Map<string, FoundCode>> {
  const found = new Map<string, FoundCode>();
  for (const [name, { rows, options }] of tables) {
    const more = `, options: ${JSON.stringify(options)} }`;
    const json = notJson([rows], name) === undefined ? JSON.stringify(rows) : undefined;
    if (json !== undefined && json.length <= TABLE_ROWS_BYTES) {
      found.set(name, { text: `{ rows: ${json}${more}`, roots: [], library: [] });
      continue;
    }
    const { text, ...rest } = await findCode(rows, { user: `table "${name}"` }, surroundings);
    found.set(name, { text: `{ rows: ${text}${more}`, ...rest });
  }
  return found;
}

/** A schema has more than its JSON Schema tells: it travels as a constant of a cell, or as it is written where the graph begins. */
async function findSchemas(
  { schemas, self }: FunctionCode,
  surroundings: Surroundings,
): Promise<Map<string, FoundCode>> {
  const found = new Map<string, FoundCode>();
  for (const [name, schema] of schemas) {
    const user = `the graph's ${name} schema`;
    found.set(name, findSchema(name, { self, user }, surroundings) ?? await findCode(schema, { user }, surroundings));
  }
  return found;
}
