/** What a notebook file says, apart from how its JSON is laid out: nbformat 4.5, every multi-line text in one string. */

import { z } from "zod";

/** A text that a notebook file may keep as one string or as a list of lines. */
const text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(""))]);
const metadata = z.record(z.string(), z.unknown());

/** Everything under which an output can be shown, by MIME type; JSON types keep their value, all others are text. */
export type Bundle = Record<string, unknown>;

const bundle = z.record(z.string(), z.unknown()).transform((data): Bundle =>
  Object.fromEntries(
    Object.entries(data).map(([type, value]) => [type, isJsonType(type) ? value : joined(value)]),
  )
);

const stream = z.object({ output_type: z.literal("stream"), name: z.string(), text });
const display = z.object({ output_type: z.literal("display_data"), data: bundle, metadata: metadata.default({}) });
const result = z.object({
  output_type: z.literal("execute_result"),
  execution_count: z.int().nonnegative().nullable(),
  data: bundle,
  metadata: metadata.default({}),
});
const failure = z.object({
  output_type: z.literal("error"),
  ename: z.string(),
  evalue: z.string(),
  traceback: z.array(z.string()),
});
const output = z.discriminatedUnion("output_type", [stream, display, result, failure]);

const attachments = z.record(z.string(), bundle).optional();
const base = { id: z.string().optional(), metadata: metadata.default({}), source: text };
const code = z.object({
  cell_type: z.literal("code"),
  ...base,
  execution_count: z.int().nonnegative().nullable().default(null),
  outputs: z.array(output).default([]),
});
const markdown = z.object({ cell_type: z.literal("markdown"), ...base, attachments });
const raw = z.object({ cell_type: z.literal("raw"), ...base, attachments });

/** What `decodeNotebook` holds a notebook's JSON against, once its nbformat is known. */
export const NOTEBOOK = z.object({
  cells: z.array(z.discriminatedUnion("cell_type", [code, markdown, raw])),
  metadata: metadata.default({}),
});

/** What a cell put out: nbformat's four kinds. */
export type NotebookOutput = z.infer<typeof output>;
/** An output that can be shown again under its display id. */
export type DisplayOutput = z.infer<typeof display> | z.infer<typeof result>;
/** An error as a notebook keeps it. */
export type ErrorOutput = z.infer<typeof failure>;
/** A code cell; its id is unique in its notebook. */
export type CodeCell = z.infer<typeof code> & { id: string };
/** Any cell; its id is unique in its notebook. */
export type NotebookCell = CodeCell | (z.infer<typeof markdown> | z.infer<typeof raw>) & { id: string };

/** A notebook in memory: may be changed, and written again by `encodeNotebook`. */
export interface Notebook {
  cells: NotebookCell[];
  metadata: Record<string, unknown>;
}

/** A file is not a notebook that can be read, or a notebook cannot be written. */
export class NotebookError extends Error {
  override readonly name = "NotebookError";
}

/** Tells whether a MIME type carries JSON, which a notebook keeps as a value and not as lines of text. */
export function isJsonType(type: string): boolean {
  return type === "application/json" || /^application\/.+\+json$/.test(type);
}

/** Kernels that are called by their language and may leave it out: Jupyter takes its name from three of them. */
const NAMED_KERNEL = /^(julia|python|ir)\d*(?:[.-].*)?$/i;

/** What the notebook says it is written in, where that is no language of this kernel; undefined too where it says nothing. */
export function foreignLanguage({ metadata }: Notebook): string | undefined {
  const { language, name } = fields(metadata.kernelspec);
  const [, kernel] = NAMED_KERNEL.exec(typeof name === "string" ? name : "") ?? [];
  const told = [language, fields(metadata.language_info).name, kernel === "ir" ? "R" : kernel];
  const said = told.find((each) => typeof each === "string" && each !== "") as string | undefined;
  return said === undefined || /^(?:type|java)script$/i.test(said) ? undefined : said;
}

/** The cell's tags, as JupyterLab's property inspector writes them. */
export function cellTags(cell: NotebookCell): string[] {
  const tags = cell.metadata.tags;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}

function joined(value: unknown): unknown {
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : value;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : {};
}
