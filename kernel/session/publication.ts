/** What an output of a cell is called on iopub. */

import type { CellFailure, Output } from "../engine/engine.ts";

/** A message for iopub, without its header. */
export interface Publication {
  readonly type: string;
  readonly content: object;
  readonly metadata?: object;
}

/** Says an output in the protocol's words; `count` is the number of the cell. */
export function publicationOf(output: Output, count: number): Publication {
  switch (output.kind) {
    case "stream":
      return { type: "stream", content: { name: output.name, text: output.text } };
    case "display":
    case "update": {
      const { data, metadata, displayId } = output;
      const transient = displayId === undefined ? {} : { display_id: displayId };
      return {
        type: output.kind === "display" ? "display_data" : "update_display_data",
        content: { data, metadata, transient },
      };
    }
    case "result": {
      const { data, metadata } = output;
      return { type: "execute_result", content: { execution_count: count, data, metadata } };
    }
    case "clear":
      return { type: "clear_output", content: { wait: output.wait } };
    case "error":
      return { type: "error", content: failureContent(output.failure) };
    case "message":
      return { type: output.type, content: output.content, metadata: output.metadata };
  }
}

/** A failure in the protocol's words, for iopub and for replies. */
export function failureContent({ name, message, traceback }: CellFailure): {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
} {
  return { ename: name, evalue: message, traceback };
}
