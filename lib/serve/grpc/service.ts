import { Buffer } from "node:buffer";
import { StatusError } from "../../errors.ts";
import { type Caller, headersOf } from "./ask_flow.ts";
import { DESCRIBE } from "./describe.ts";
import type { GrpcMetadata, GrpcServer, MethodDefinition, StreamCall, UnaryCall } from "./grpc_runtime.ts";
import { checkHealth, watchHealth } from "./health.ts";
import { lengthOf, modelInfer } from "./infer.ts";
import { Messages } from "./messages.ts";
import { SentCall } from "./sent_call.ts";
import type { Site } from "./site.ts";
import { type GrpcStatus, statusOf } from "./status.ts";
import { type Conversation, modelStreamInfer } from "./stream_infer.ts";

type Answer = (
  site: Site,
  message: Uint8Array,
  caller: Caller,
) => Uint8Array | Uint8Array[] | Promise<Uint8Array | Uint8Array[]>;
type Talk = (site: Site, talk: Conversation) => Promise<void>;
type Done = (error: GrpcStatus | null, reply?: Buffer) => void;

/** One method of a service: it answers one message by another, or it talks. */
type Method =
  | { readonly name: string; readonly answer: Answer }
  | { readonly name: string; readonly talk: Talk; readonly takesStream: boolean };

const INFERENCE: readonly Method[] = [
  ...Object.entries(DESCRIBE).map(([name, answer]) => ({ name, answer })),
  { name: "ModelInfer", answer: modelInfer },
  { name: "ModelStreamInfer", talk: modelStreamInfer, takesStream: true },
];
const HEALTH: readonly Method[] = [
  { name: "Check", answer: checkHealth },
  { name: "Watch", talk: watchHealth, takesStream: false },
];

/** Has a server answer the open inference protocol and `grpc.health.v1`. */
export function addServices(server: GrpcServer, site: Site): void {
  addService(server, site, { name: "inference.GRPCInferenceService", methods: INFERENCE });
  addService(server, { ...site, mayAsk: undefined }, { name: "grpc.health.v1.Health", methods: HEALTH });
}

function addService(
  server: GrpcServer,
  site: Site,
  { name, methods }: { readonly name: string; readonly methods: readonly Method[] },
): void {
  server.addService(
    Object.fromEntries(methods.map((method) => [method.name, definition(`/${name}/${method.name}`, method)])),
    Object.fromEntries(
      methods.map((method) => [method.name, "answer" in method ? unary(site, method.answer) : talking(site, method)]),
    ),
  );
}

function definition(path: string, method: Method): MethodDefinition {
  return {
    path,
    requestStream: "talk" in method && method.takesStream,
    responseStream: "talk" in method,
    // Bytes stay bytes: what cannot be read is a failure with a name, which gRPC's own would not have.
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

function same(message: Buffer): Buffer {
  return message;
}

/** Who calls, until the call is answered: what is done behind that is not the caller's to stop. */
class OpenCall implements Caller {
  readonly headers: readonly [string, string][];
  readonly #left = new AbortController();
  readonly #sent: SentCall | undefined;
  isDone = false;

  constructor(metadata: GrpcMetadata) {
    this.headers = headersOf(metadata);
    this.#sent = SentCall.of(metadata);
  }

  get signal(): AbortSignal {
    return this.#left.signal;
  }

  hold(bytes: number): void {
    this.#sent?.hold(bytes);
  }

  /** See Conversation. */
  keepTurn(othersWait: (() => boolean) | undefined): void {
    this.#sent?.keepTurn(othersWait);
  }

  /** The call is over: by its end, or before. */
  end(): void {
    if (!this.isDone) this.#left.abort(new DOMException("The caller left", "AbortError"));
  }
}

function checkCaller({ mayAsk }: Site, { headers }: Caller): void {
  const said = headers.find(([name]) => name === "authorization")?.[1] ?? null;
  if (mayAsk === undefined || mayAsk(said)) return;
  throw new StatusError(401, "Cannot answer: send authorization: Bearer with a token of this server");
}

function unary(site: Site, answer: Answer): (call: UnaryCall, done: Done) => void {
  return (call, done) => {
    const caller: OpenCall & Caller = new OpenCall(call.metadata);
    call.on("cancelled", () => caller.end());
    void respond();
    async function respond(): Promise<void> {
      try {
        checkCaller(site, caller);
        const reply = await answer(site, call.request, caller);
        caller.isDone = true;
        done(null, bufferOf(reply));
      } catch (error) {
        caller.isDone = true;
        done(statusOf(error, { id: caller.event?.id ?? "", grpc: site.grpc }));
      }
    }
  };
}

function talking(site: Site, { talk, takesStream }: { talk: Talk; takesStream: boolean }): (call: StreamCall) => void {
  return (call) => {
    const caller: OpenCall & Caller = new OpenCall(call.metadata);
    call.on("cancelled", () => caller.end());
    void converse();
    async function converse(): Promise<void> {
      const ends = Object.assign(caller, {
        messages: takesStream ? new Messages(call, site.closing) : [call.request],
        async send(message: readonly Uint8Array[]) {
          caller.signal.throwIfAborted();
          caller.hold(lengthOf(message));
          await send(call, { message, signal: caller.signal });
        },
      });
      try {
        checkCaller(site, caller);
        await talk(site, ends as unknown as Conversation);
        caller.isDone = true;
        call.end();
      } catch (error) {
        const hasLeft = caller.signal.aborted;
        caller.isDone = true;
        if (!hasLeft) call.emit("error", statusOf(error, { id: caller.event?.id ?? "", grpc: site.grpc }));
      }
    }
  };
}

/** Sends a message, and waits until there is room for another. */
function send(
  call: StreamCall,
  { message, signal }: { readonly message: readonly Uint8Array[]; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    // A call that has ended tells nobody that a message was not written.
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    call.write(bufferOf(message), (error) => {
      signal.removeEventListener("abort", leave);
      if (error) reject(error);
      else resolve();
    });
  });
}

function bufferOf(message: Uint8Array | readonly Uint8Array[]): Buffer {
  if (!(message instanceof Uint8Array)) return Buffer.concat(message);
  return Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}
