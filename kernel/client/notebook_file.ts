/** Notebook files: bytes ⇄ `Notebook`, laid out as Jupyter lays them out, so that diffs stay small. */

import {
  isJsonType,
  NOTEBOOK,
  type Notebook,
  type NotebookCell,
  NotebookError,
  type NotebookOutput,
} from "./notebook.ts";

/** The largest notebook file that is read, in bytes: 256 MiB, half of what one JavaScript string can hold. */
export const NOTEBOOK_LIMIT_BYTES = 256 * 1024 * 1024;
const DEPTH_LIMIT = 500; // recursion of this depth is safe; a notebook needs about ten
const CELL_ID = /^[a-zA-Z0-9_-]{1,64}$/; // nbformat 4.5 schema, cell_id

/**
 * Reads and checks the notebook file at `path`.
 *
 * @throws {NotebookError} If it cannot be read, or is not a notebook of nbformat 4.0 to 4.5.
 */
export async function readNotebook(path: string, options: { limitBytes?: number } = {}): Promise<Notebook> {
  const limit = options.limitBytes ?? NOTEBOOK_LIMIT_BYTES;
  let bytes: Uint8Array;
  try {
    const stat = await Deno.stat(path);
    if (stat.isDirectory) throw new NotebookError(`Cannot read notebook ${path} as a file: it is a folder`);
    if (stat.size > limit) {
      throw new NotebookError(`Cannot read notebook ${path} as at most ${limit} bytes: it has ${stat.size}`);
    }
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new NotebookError(`Cannot read notebook ${path}: there is no such file`, { cause: error });
    }
    if (error instanceof NotebookError || !(error instanceof Error)) throw error;
    throw new NotebookError(`Cannot read notebook ${path}: ${error.message}`, { cause: error });
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new NotebookError(`Cannot read notebook ${path} as UTF-8 text: it has other bytes`, { cause: error });
  }
  return decodeNotebook(text, path);
}

/** Writes the notebook to `path` as nbformat 4.5. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const text = encodeNotebook(notebook);
  await Deno.writeTextFile(path, text);
}

/**
 * Checks a notebook's JSON and gives the notebook; cells without a usable id get one that stays the same from read to read.
 *
 * @param name What to call the notebook in errors: its path.
 * @throws {NotebookError} If it is not a notebook of nbformat 4.0 to 4.5; the message tells where it is at fault.
 */
export function decodeNotebook(text: string, name: string): Notebook {
  if (text.trim() === "") throw new NotebookError(`Cannot read notebook ${name} as JSON: it is empty`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new NotebookError(`Cannot read notebook ${name} as JSON: ${(error as SyntaxError).message}`, {
      cause: error,
    });
  }
  checkFormat(value, name);
  if (isDeeper(value, DEPTH_LIMIT)) {
    throw new NotebookError(`Cannot read notebook ${name} as at most ${DEPTH_LIMIT} levels of JSON: it has more`);
  }
  const parsed = NOTEBOOK.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 3).map((issue) => `${place(issue.path)}: ${issue.message}`);
    const more = parsed.error.issues.length - faults.length;
    throw new NotebookError(
      `Cannot read notebook ${name} as nbformat 4: ${faults.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    );
  }
  const taken = new Set<string>();
  const cells = parsed.data.cells.map((cell, index) => ({ ...cell, id: freeId(cell.id, index, taken) }));
  return { cells, metadata: parsed.data.metadata };
}

/** Lays a notebook out as Jupyter does: nbformat 4.5, sorted keys, one space of indentation, texts as lists of lines. */
export function encodeNotebook(notebook: Notebook): string {
  const value = {
    cells: notebook.cells.map(encodeCell),
    metadata: notebook.metadata,
    nbformat: 4,
    nbformat_minor: 5,
  };
  return JSON.stringify(sorted(value), null, 1) + "\n";
}

function encodeCell(cell: NotebookCell): Record<string, unknown> {
  const source = lines(cell.source);
  if (cell.cell_type === "code") return { ...cell, source, outputs: cell.outputs.map(encodeOutput) };
  const { attachments, ...rest } = cell;
  return attachments === undefined ? { ...rest, source } : { ...rest, source, attachments };
}

function encodeOutput(output: NotebookOutput): Record<string, unknown> {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: lines(output.text) };
    case "error":
      return output;
    default:
      return {
        ...output,
        data: Object.fromEntries(
          Object.entries(output.data).map(([type, value]) => [type, isJsonType(type) ? value : lines(asText(value))]),
        ),
      };
  }
}

/** Where Python's `str.splitlines` splits, which is what Jupyter writes with. */
const ENDS = String.raw`\n\r\v\f\x1c-\x1e\x85\u2028\u2029`;
const LINE = new RegExp(`[^${ENDS}]*(?:\\r\\n|[${ENDS}])|[^${ENDS}]+$`, "g");

function lines(text: string): string[] {
  return text.match(LINE) ?? [];
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}

function checkFormat(value: unknown, name: string): void {
  const found = typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  const { nbformat: major, nbformat_minor: minor } = found;
  if (typeof major !== "number") {
    throw new NotebookError(`Cannot read notebook ${name} as a notebook: its JSON has no "nbformat" number`);
  }
  if (major === 4 && typeof minor === "number" && minor >= 0 && minor <= 5) return;
  const cure = major < 4 ? ". Open and save it in JupyterLab, or convert it by `jupyter nbconvert --to notebook`" : "";
  const state = typeof minor === "number" ? `${major}.${minor}` : `${major} without "nbformat_minor"`;
  throw new NotebookError(`Cannot read notebook ${name} as nbformat 4.0 to 4.5: it is nbformat ${state}${cure}`);
}

function isDeeper(value: unknown, limit: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((item) => typeof item === "object" && item !== null ? Object.values(item) : []);
  }
  return false;
}

function place(path: readonly PropertyKey[]): string {
  const text = path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("");
  return text === "" ? "the notebook" : text.replace(/^\./, "");
}

function freeId(wish: string | undefined, index: number, taken: Set<string>): string {
  let id = wish !== undefined && CELL_ID.test(wish) && !taken.has(wish) ? wish : `cell-${index + 1}`;
  while (taken.has(id)) id += "-";
  taken.add(id);
  return id;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([left], [right]) => left < right ? -1 : left > right ? 1 : 0);
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
