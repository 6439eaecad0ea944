/** The table of requests: where each may come, whether it waits for the cells before it, and what answers it. */

import { z } from "zod";
import { checkComplete } from "../language/complete.ts";
import { type CellRunner, EXECUTE_REQUEST } from "./cell_runner.ts";
import { type History, HISTORY_REQUEST } from "./history.ts";
import { kernelInfo } from "./kernel_info.ts";
import { errorReply, readContent, type Reply, type Request, type RequestChannel } from "./request.ts";
import type { Speaker } from "./speaker.ts";

/** What the answers are made with. */
export interface Parts {
  readonly version: string;
  readonly speaker: Speaker;
  readonly history: History;
  readonly cells: CellRunner;
  /** The cells that have come and wait are answered without being run. */
  abortWaiting(): void;
  /** Ends the running cell; told and not waited for. */
  interrupt(): void;
  /** The kernel ends when this request is answered. */
  end(): void;
}

/** One kind of request. What has no reply in the protocol answers with undefined. */
export interface Kind {
  readonly channels: readonly RequestChannel[];
  readonly waits: boolean;
  answer(request: Request, parts: Parts): Reply | undefined | Promise<Reply | undefined>;
}

const SHELL = ["shell"] as const;
const CONTROL = ["control"] as const;
const BOTH = ["shell", "control"] as const;

const CODE = z.object({ code: z.string() });
const CODE_AT = z.object({ code: z.string(), cursor_pos: z.int().nullish() });
const SHUTDOWN = z.object({ restart: z.boolean().default(false) });
const COMM = z.object({ comm_id: z.string() });

/** By message type. A type that is not here is ignored, as the protocol says. */
export const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["kernel_info_request", { channels: BOTH, waits: false, answer: (_, { version }) => kernelInfo(version) }],
  ["execute_request", { channels: SHELL, waits: true, answer: execute }],
  ["is_complete_request", { channels: SHELL, waits: false, answer: isComplete }],
  ["complete_request", { channels: SHELL, waits: false, answer: complete }],
  ["inspect_request", { channels: SHELL, waits: false, answer: inspect }],
  ["history_request", { channels: SHELL, waits: true, answer: history }],
  ["comm_info_request", { channels: SHELL, waits: true, answer: () => ({ status: "ok", comms: {} }) }],
  ["comm_open", { channels: SHELL, waits: true, answer: openComm }],
  ["comm_msg", { channels: SHELL, waits: true, answer: () => undefined }], // no comm is open
  ["comm_close", { channels: SHELL, waits: true, answer: () => undefined }],
  ["interrupt_request", { channels: CONTROL, waits: false, answer: interrupt }],
  ["shutdown_request", { channels: BOTH, waits: false, answer: shutdown }],
]);

async function execute(request: Request, { cells, abortWaiting }: Parts): Promise<Reply> {
  if (request.isAborted) return errorReply("Aborted", "not run: a cell before it failed or was interrupted");
  const content = readContent(request, EXECUTE_REQUEST);
  const reply = await cells.execute(request, content);
  if (reply.status === "error" && content.stop_on_error && !content.silent) abortWaiting();
  return reply;
}

function isComplete(request: Request): Reply {
  const { status, ...more } = checkComplete(readContent(request, CODE).code);
  return { ...more, status } as unknown as Reply; // this reply's own status: complete, incomplete, invalid
}

/** Nothing is known of the code yet: no matches, at the cursor. */
function complete(request: Request): Reply {
  const { code, cursor_pos } = readContent(request, CODE_AT);
  const { length } = [...code]; // in code points
  const cursor = Math.min(Math.max(cursor_pos ?? length, 0), length); // what is replaced must lie in the code
  return { status: "ok", matches: [], cursor_start: cursor, cursor_end: cursor, metadata: {} };
}

/** Nothing is known of the code yet. */
function inspect(request: Request): Reply {
  readContent(request, CODE_AT);
  return { status: "ok", found: false, data: {}, metadata: {} };
}

function history(request: Request, parts: Parts): Reply {
  return { status: "ok", history: parts.history.find(readContent(request, HISTORY_REQUEST)) };
}

/** No target is registered: the protocol's answer is to close at once. */
async function openComm(request: Request, { speaker }: Parts): Promise<undefined> {
  const { comm_id } = readContent(request, COMM);
  await speaker.publish("comm_close", { comm_id, data: {} }, { parent: request.message.header });
}

function interrupt(_: Request, parts: Parts): Reply {
  parts.interrupt();
  return { status: "ok" };
}

/** Answers, and tells every other frontend too. */
async function shutdown(request: Request, { speaker, end }: Parts): Promise<Reply> {
  const reply: Reply = { status: "ok", restart: readContent(request, SHUTDOWN).restart };
  end();
  await speaker.publish("shutdown_reply", reply, { parent: request.message.header });
  return reply;
}
