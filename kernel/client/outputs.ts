/** What the kernel publishes while a cell runs → what the notebook keeps of it. */

import type { Message } from "../message/message.ts";
import type { Bundle, DisplayOutput, NotebookOutput } from "./notebook.ts";

/** Everything on show in one notebook under a display id: an update reaches it in whichever cell it stands. */
export type Displays = Map<string, Set<DisplayOutput>>;

/** The outputs of one cell, folded from iopub messages as JupyterLab folds them. */
export class CellOutputs {
  /** In the order of the notebook; changed in place. */
  readonly list: NotebookOutput[];
  readonly #displays: Displays;
  #clearBeforeNext = false;

  /**
   * @param displays Shared by all cells of a notebook.
   * @param list Emptied, then filled: a code cell's `outputs`.
   */
  constructor(displays: Displays = new Map(), list: NotebookOutput[] = []) {
    this.#displays = displays;
    this.list = list;
    list.length = 0;
  }

  /** Takes one iopub message of the cell; a kind that is no output (status, input, comm) changes nothing. */
  take(message: Message): void {
    const { content } = message;
    switch (message.header.msg_type) {
      case "stream":
        this.#stream(asString(content.name), asString(content.text));
        break;
      case "display_data":
        this.#show(
          { output_type: "display_data", data: bundle(content.data), metadata: bundle(content.metadata) },
          content,
        );
        break;
      case "execute_result": {
        const count = typeof content.execution_count === "number" ? content.execution_count : null;
        const data = bundle(content.data);
        const metadata = bundle(content.metadata);
        this.#show({ output_type: "execute_result", execution_count: count, data, metadata }, content);
        break;
      }
      case "update_display_data":
        this.#update(content);
        break;
      case "error":
        this.#add({
          output_type: "error",
          ename: asString(content.ename),
          evalue: asString(content.evalue),
          traceback: Array.isArray(content.traceback) ? content.traceback.map(asString) : [],
        });
        break;
      case "clear_output":
        if (content.wait === true) this.#clearBeforeNext = true;
        else this.#clear();
        break;
    }
  }

  #stream(name: string, text: string): void {
    const last = this.list.at(-1);
    if (!this.#clearBeforeNext && last?.output_type === "stream" && last.name === name) last.text += text;
    else this.#add({ output_type: "stream", name, text });
  }

  #update(content: Record<string, unknown>): void {
    for (const output of this.#displays.get(displayId(content) ?? "") ?? []) {
      output.data = bundle(content.data);
      output.metadata = bundle(content.metadata);
    }
  }

  #show(output: DisplayOutput, content: Record<string, unknown>): void {
    const id = displayId(content);
    if (id !== undefined) {
      this.#update(content);
      const same = this.#displays.get(id) ?? new Set();
      this.#displays.set(id, same.add(output));
    }
    this.#add(output);
  }

  #add(output: NotebookOutput): void {
    if (this.#clearBeforeNext) this.#clear();
    this.list.push(output);
  }

  #clear(): void {
    this.#clearBeforeNext = false;
    const gone = new Set<unknown>(this.list);
    for (const outputs of this.#displays.values()) {
      for (const output of outputs) if (gone.has(output)) outputs.delete(output);
    }
    this.list.length = 0;
  }
}

function displayId(content: Record<string, unknown>): string | undefined {
  const id = bundle(content.transient).display_id;
  return typeof id === "string" ? id : undefined;
}

function bundle(value: unknown): Bundle {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function asString(value: unknown): string {
  return typeof value === "string" ? value : String(value ?? "");
}
