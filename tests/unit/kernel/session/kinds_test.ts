import { deepStrictEqual } from "node:assert/strict";
import { KINDS } from "../../../../kernel/session/kinds.ts";

/** Where each request may come, and whether it waits for the cells before it: jupyter_client, messaging, "shell" and "control". */
Deno.test("KINDS is the table of requests", () => {
  deepStrictEqual(
    [...KINDS].map(([type, { channels, waits }]) => `${type}: ${channels.join(" or ")}${waits ? ", waits" : ""}`),
    [
      "kernel_info_request: shell or control",
      "execute_request: shell, waits",
      "is_complete_request: shell",
      "complete_request: shell",
      "inspect_request: shell",
      "history_request: shell, waits",
      "comm_info_request: shell, waits",
      "comm_open: shell, waits",
      "comm_msg: shell, waits",
      "comm_close: shell, waits",
      "interrupt_request: control",
      "shutdown_request: shell or control",
    ],
  );
});
