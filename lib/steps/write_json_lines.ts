import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { appendText } from "../stores/append_text.ts";
import { jsonLine } from "../stores/json_line.ts";
import { localPath } from "../stores/local_path.ts";
import { bodyOf } from "./body/fields_of.ts";
import { parseColumn, RowPicker } from "./rows/row_columns.ts";
import { type RowSink, RowWriter } from "./rows/row_writer.ts";
import { columnList, FLUSH, type FlushOptions, PATH } from "./rows/writer_options.ts";

/** Where JSON lines are, and what is in them. */
export interface WriteJsonLinesOptions extends FlushOptions {
  /** A path or a `file:` URL; folders that are missing are made. */
  path: string | URL;
  /** The fields of each line, see `WriteCsvOptions`. Default: the body as it is. */
  columns?: readonly string[];
}

const OPTIONS = z.strictObject({ path: PATH, columns: columnList(false).optional(), ...FLUSH });

/** What `writeJsonLines` does with events. */
export const WRITE_JSON_LINES: StepDefinition = {
  kind: "writeJsonLines",
  shape: "cylinder",
  options: OPTIONS,
  code: {},
  holds: true,
  open(spec, scope) {
    const { path, columns, maxEvents = 128, flushAfterMs = 1_000 } = OPTIONS.parse(spec.options);
    const picker = columns === undefined ? undefined : new RowPicker(columns.map(parseColumn), { isClosed: false });
    const sink: RowSink<string> = {
      rowOf(event) {
        const body = bodyOf(scope.read(event));
        if (picker === undefined) return `${jsonLine(body, "write the row")}\n`;
        const values = picker.pick(event, body);
        return `${
          jsonLine(
            Object.fromEntries(picker.columns.map(({ name }, at) => [name, values[at] ?? null])),
            "write the row",
          )
        }\n`;
      },
      write: (rows) => appendText(rows.join(""), { path: localPath(path) }),
    };
    return new RowWriter(sink, { maxEvents, flushAfterMs }, scope);
  },
};

/**
 * Appends a line of JSON to a file for each event, then lets the event go on, see `writeCsv`. Dates are ISO 8601 text, big integers
 * are written with all their digits; what JSON cannot hold (NaN, Map, bytes) fails its event.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving, writeJsonLines } from "levada";
 *
 * const path = await Deno.makeTempFile();
 * const fn = serving("keep");
 * fn.setTopology("flow").to("write", writeJsonLines({ path }));
 *
 * const flow = await fn.start();
 * await flow.emit({ user: "ana", tags: ["new"] });
 * await flow.emit("any value");
 * await flow.close();
 * deepStrictEqual(await Deno.readTextFile(path), '{"user":"ana","tags":["new"]}\n"any value"\n');
 * await Deno.remove(path);
 * ```
 */
export function writeJsonLines<In>(options: WriteJsonLinesOptions): ReadyStep<In, In> {
  return new ReadyStep(WRITE_JSON_LINES, { ...options, path: String(options.path) });
}
