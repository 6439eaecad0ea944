import type { Buffer } from "node:buffer";
import type { ServerView } from "../own/own_path.ts";
import type { GrpcRuntime, Interceptor } from "./grpc_runtime.ts";
import { type CallStream, SentCall } from "./sent_call.ts";
import { statusOf } from "./status.ts";

const NO_ERROR = 0; // RFC 9113, 8.1: the answer is whole, the rest of the request is not wanted

/** The stream under a call: grpc-js keeps it to itself. */
interface UnderCall {
  readonly stream: CallStream;
  readonly incomingEncoding: string;
}

/**
 * Counts what comes in before it is a message, within the server's limits: else callers who begin long messages and never end them would
 * fill the memory. A call that goes beyond is ended, and so is one of a single message that has not come in time. What the call sends is
 * counted and watched from here on, too.
 */
export function callLimits(server: ServerView, grpc: GrpcRuntime): Interceptor[] {
  const { door } = server;
  if (door === undefined) return [];
  return [({ requestStream }, call) => {
    const { stream, incomingEncoding } = call as unknown as UnderCall;
    const body = door.body();
    const sent = new SentCall(door.outflow, stream, (reason) => server.failures?.brokenOff(reason));
    const arrival = Promise.withResolvers<void>();
    const arrived = requestStream ? undefined : server.arrives?.();
    const end = () => {
      body.close();
      arrival.resolve();
      arrived?.();
    };
    const refuse = (error: unknown) => {
      end();
      call.sendStatus(statusOf(error, { id: "", grpc }));
      stream.close(NO_ERROR); // what has come of the message is let go of with the stream, and the caller told to send no more
    };
    const isPacked = incomingEncoding !== "identity";
    const take = (data: Buffer) => {
      try {
        if (isPacked) body.unpack(data.length);
        else body.hold(data.length);
      } catch (error) {
        stream.off("data", take);
        refuse(error);
      }
    };
    stream.on("data", take);
    stream.on("close", end);
    if (!requestStream) body.inTime(arrival.promise).catch(refuse);
    return new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            sent.hasMetadata(metadata);
            pass(metadata);
          },
          onReceiveMessage(message, pass) {
            body.close(); // from here on who works on it counts it
            pass(message);
          },
          onReceiveHalfClose(pass) {
            pass();
            end();
          },
        }),
    });
  }];
}
