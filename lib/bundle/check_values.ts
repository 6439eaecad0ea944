/** Compares what the declarations of a slice make with what the notebook has. */
import { BundleError, type Fault } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import type { Bundle } from "./bundle.ts";
import { runInBundle } from "./describe_function.ts";
import { functionShape } from "./function_shape.ts";
import { hashValues } from "./hash_values.ts";
import type { SlicedValue, SlicedValues } from "./sliced_values.ts";
import { systemData } from "./system_data.ts";

/** The export of a bundle's code that gives the values of names: behind the text that a person reads. */
export const VALUES = "__levadaValues";

/** What is written behind the text of a slice, so that its values can be asked for. */
export function valuesExport({ values }: SlicedValues): string {
  return `\nexport const ${VALUES} = (): unknown[] => [${values.map(({ expression }) => expression).join(", ")}];\n`;
}

/**
 * Runs the code of a bundle, and compares. A value that no cell uses, and that the steps' own code may change, is their state: it may
 * be another one, as long as each run makes the same.
 *
 * @throws {BundleError} Naming every value that is another one than in the notebook; or if the code does not run.
 */
export async function checkValues(act: string, sliced: SlicedValues, files: Bundle["files"]): Promise<void> {
  const { values } = sliced;
  if (values.length === 0) return;
  const { hashed: made, texts } = await makeValues(act, sliced, files);
  const isState = (value: SlicedValue, index: number) =>
    value.touchedBy === null && value.mayBeState && value.hash !== made[index]!.hash;
  const again = values.some(isState) ? (await makeValues(act, sliced, files)).hashed : made;
  const wish = { enums: new Set(sliced.enums), names: new Set(sliced.names) };
  const shapes = texts.map((text) => functionShape(text, wish));
  const leaving = new Set(sliced.leaving);
  /** Whether in the place of a function there is another one that leaves; what a bundler wrote in another way is nobody's. */
  const holdsOther = ({ functions, touchedBy, mayBeState }: SlicedValue, index: number) =>
    !(touchedBy === null && mayBeState) && functions.some((at, place) => {
      const [here, there] = [sliced.shapes[at], shapes[made[index]!.functions[place]!]];
      return (here ?? null) !== null && there !== undefined && here !== there && leaving.has(there);
    });
  const faults = values.flatMap((value, index): Fault[] => {
    const { name, cell, hash, hidden, touchedBy } = value;
    if (touchedBy !== null && (hidden ?? made[index]!.hidden) !== null) {
      return [errorFault(
        `"${name}" of ${cell} holds ${
          hidden ?? made[index]!.hidden
        }, into which nobody can look, and ${touchedBy} uses it`,
        `Make it in the step: in open() of a class; or make it anew in the cell that builds the graph, and use it in steps alone`,
      )];
    }
    if (hash === null || made[index]!.hash === null) {
      return [errorFault(
        `"${name}" of ${cell} holds too much to be compared with what its declaration makes`,
        "Make it in the step, in open() of a class, or read it there from a file that goes along (`--file`, `files`)",
      )];
    }
    const isSame = hash === made[index]!.hash && !holdsOther(value, index);
    if (isSame || (isState(value, index) && made[index]!.hash === again[index]!.hash)) return [];
    if (touchedBy !== null && value.mayBeState) {
      return [errorFault(
        `"${name}" of ${cell} is another value in the notebook than its declaration makes, and not by the steps' runs alone: ${touchedBy} ` +
          `uses it, and what it did there would be lost`,
        `If that was a trial, try one of its own there, or try it in a cell behind the one that deploys; if it is to leave, as what is ` +
          `learned, declare "${name}" as what it shall be, in one expression, or keep it in a file`,
      )];
    }
    return [errorFault(
      `"${name}" of ${cell} is another value in the notebook than its declaration makes`,
      `Run ${cell} again, and declare "${name}" as what it shall be, in one expression; what comes of chance, of the time or of a file, ` +
        `write down or make in the step; what steps change, keep in them: in a class, or in context.state`,
    )];
  });
  if (faults.length > 0) throw new BundleError(act, faults);
}

async function makeValues(
  act: string,
  { values, answers }: SlicedValues,
  files: Bundle["files"],
): Promise<Pick<Awaited<ReturnType<typeof hashValues>>, "hashed" | "texts">> {
  const script = `import { createHash } from "node:crypto";
import { Session } from "node:inspector/promises";
${hashValues}
${systemData}
const open = ${JSON.stringify(values.map(({ touchedBy }) => touchedBy !== null))};
const values = (await import("./code.js")).${VALUES}().map((value, at) => ({ value, isOpen: open[at] }));
const { hashed, texts } = await hashValues(values, { createHash, Session, systemData, answers: ${
    JSON.stringify(answers)
  } });
tell(JSON.stringify({ hashed, texts }));
`;
  return JSON.parse(await runInBundle(act, files, script));
}
