/** Compares what the declarations of a slice make with what the notebook has. */
import { BundleError } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import type { Bundle } from "./bundle.ts";
import { runInBundle } from "./describe_function.ts";
import { hashValue, type SlicedValue } from "./notebook_values.ts";
import { writeValue } from "./write_value.ts";

/** The export of a bundle's code that gives the values of names: behind the text that a person reads. */
export const VALUES = "__levadaValues";

/** What is written behind the text of a slice, so that its values can be asked for. */
export function valuesExport(values: readonly SlicedValue[]): string {
  return `\nexport const ${VALUES} = (): unknown[] => [${values.map(({ name }) => name).join(", ")}];\n`;
}

/**
 * Runs the code of a bundle, and compares.
 *
 * @throws {BundleError} Naming every value that is another one than in the notebook; or if the code does not run.
 */
export async function checkValues(act: string, values: readonly SlicedValue[], files: Bundle["files"]): Promise<void> {
  if (values.every(({ hash }) => hash === null)) return;
  const script = `import { createHash } from "node:crypto";
${writeValue}
${hashValue}
const values = (await import("./code.js")).${VALUES}();
const own = values.filter((value) => typeof value === "function");
tell(JSON.stringify(values.map((value) => hashValue(value, own, { createHash, writeValue }))));
`;
  const made = JSON.parse(await runInBundle(act, files, script)) as (string | null)[];
  const others = values.filter(({ hash }, index) => hash !== null && hash !== made[index]);
  if (others.length === 0) return;
  throw new BundleError(
    act,
    others.map(({ name, cell }) =>
      errorFault(
        `"${name}" of ${cell} is another value in the notebook than its declaration makes`,
        `Run ${cell} again, and declare "${name}" as what it shall be, in one expression; what comes of chance, of the time or of a file, write down or make in the step`,
      )
    ),
  );
}
