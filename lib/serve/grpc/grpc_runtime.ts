import type { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { ListenError } from "../../errors.ts";

/** The part of @grpc/grpc-js that is used here; the package is fetched when gRPC is first asked for. */
export interface GrpcRuntime {
  readonly Server: new (options: Readonly<Record<string, unknown>>) => GrpcServer;
  readonly ServerCredentials: {
    createInsecure(): GrpcCredentials;
    createSsl(
      rootCertificates: Buffer | null,
      pairs: readonly { readonly private_key: Buffer; readonly cert_chain: Buffer }[],
      asksForCertificate: boolean,
    ): GrpcCredentials;
  };
  readonly Metadata: new () => GrpcMetadata;
  readonly ServerInterceptingCall: new (call: InterceptedCall, responder: CallResponder) => InterceptedCall;
}

/** Stands between a call and its handler. */
export type Interceptor = (method: { readonly requestStream: boolean }, call: InterceptedCall) => InterceptedCall;

/** A call, as what stands between sees it. */
export interface InterceptedCall {
  sendStatus(status: { readonly code: number; readonly details: string; readonly metadata: GrpcMetadata }): void;
}

/** What looks at the messages that a call is sent. */
export interface CallResponder {
  start(next: (listener: CallListener) => void): void;
}

/** What is told of what comes in; each is passed on. */
export interface CallListener {
  onReceiveMetadata(metadata: GrpcMetadata, pass: (metadata: GrpcMetadata) => void): void;
  onReceiveMessage(message: Buffer, pass: (message: Buffer) => void): void;
  /** Nothing more comes; a call of one message is answered from here on. */
  onReceiveHalfClose(pass: () => void): void;
}

/** What a port is served with: nothing, or certificates. */
export type GrpcCredentials = object;

/** A server that is given connections. */
export interface GrpcServer {
  addService(methods: Readonly<Record<string, MethodDefinition>>, handlers: Readonly<Record<string, unknown>>): void;
  createConnectionInjector(credentials: GrpcCredentials): ConnectionInjector;
  /** Takes no more calls; tells when those under way have ended. */
  tryShutdown(done: (error?: Error) => void): void;
  /** Ends all calls. */
  forceShutdown(): void;
}

/** Takes connections that somebody else accepted. */
export interface ConnectionInjector {
  injectConnection(connection: Duplex): void;
}

/** A method: messages go in and out as bytes. */
export interface MethodDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestSerialize(message: Buffer): Buffer;
  requestDeserialize(message: Buffer): Buffer;
  responseSerialize(message: Buffer): Buffer;
  responseDeserialize(message: Buffer): Buffer;
}

/** What comes with a call, or with its end. */
export interface GrpcMetadata {
  set(key: string, value: string): void;
  /** As HTTP/2 has them; bytes, whose keys end with `-bin`, as base64. */
  toHttp2Headers(): Readonly<Record<string, string | readonly string[]>>;
}

/** A call with one message in and one out. */
export interface UnaryCall {
  readonly request: Buffer;
  readonly metadata: GrpcMetadata;
  readonly cancelled: boolean;
  /** Also told when the call has ended. */
  on(event: "cancelled", listener: () => void): this;
}

/** A call with messages out, and with a stream of them in where the method has one. */
export interface StreamCall extends Duplex {
  readonly request: Buffer;
  readonly metadata: GrpcMetadata;
  readonly cancelled: boolean;
}

let loading: Promise<GrpcRuntime> | undefined;

/** Loads gRPC, once. */
export function loadGrpc(): Promise<GrpcRuntime> {
  return loading ??= load();
}

async function load(): Promise<GrpcRuntime> {
  const name = "@grpc/grpc-js"; // in a variable: a literal would be fetched by programs that serve no gRPC
  try {
    const { default: runtime } = await import(name) as { default: GrpcRuntime };
    return runtime;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new ListenError(
      "Cannot answer gRPC: its package reads its settings. Allow it with Deno's --allow-env=GRPC_*",
      {
        cause: error,
      },
    );
  }
}
