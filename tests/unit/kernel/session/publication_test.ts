import { deepStrictEqual } from "node:assert/strict";
import type { Output } from "../../../../kernel/engine/engine.ts";
import { type Publication, publicationOf } from "../../../../kernel/session/publication.ts";

const data = { "text/plain": "x" };
const metadata = { "text/plain": { wide: true } };
const execution = "1";

const CASES: readonly [Output, Publication][] = [
  [{ execution, kind: "stream", name: "stderr", text: "x" }, {
    type: "stream",
    content: { name: "stderr", text: "x" },
  }],
  [{ execution, kind: "display", data, metadata }, {
    type: "display_data",
    content: { data, metadata, transient: {} },
  }],
  [{ execution, kind: "display", data, metadata, displayId: "d" }, {
    type: "display_data",
    content: { data, metadata, transient: { display_id: "d" } },
  }],
  [{ execution, kind: "update", data, metadata, displayId: "d" }, {
    type: "update_display_data",
    content: { data, metadata, transient: { display_id: "d" } },
  }],
  [{ execution, kind: "result", data, metadata }, {
    type: "execute_result",
    content: { execution_count: 3, data, metadata },
  }],
  [{ execution, kind: "clear", wait: true }, { type: "clear_output", content: { wait: true } }],
  [{ execution, kind: "error", failure: { name: "E", message: "m", traceback: ["E: m"] } }, {
    type: "error",
    content: { ename: "E", evalue: "m", traceback: ["E: m"] },
  }],
  [{ execution, kind: "message", type: "comm_open", content: { comm_id: "c" }, metadata: { version: "2" } }, {
    type: "comm_open",
    content: { comm_id: "c" },
    metadata: { version: "2" },
  }],
];

for (const [output, expected] of CASES) {
  Deno.test(`publicationOf() says ${expected.type} for ${JSON.stringify(output)}`, () => {
    deepStrictEqual(publicationOf(output, 3), expected);
  });
}
