/** The sockets of a kernel, as messages: signed, verified, with parents. */

import type { Connection } from "../message/connection.ts";
import type { Header, Message } from "../message/message.ts";
import { MessageError } from "../message/message_error.ts";
import { ReplayGuard } from "../message/replay.ts";
import { createHeader, openMessage, sealMessage } from "../message/seal.ts";
import type { Frames, Socket } from "../socket/socket.ts";

/** Which socket a request came by. */
export type RequestChannel = "shell" | "control" | "stdin";

/** What the session sends through; the sockets of `main.ts`, or a test's own. */
export interface Sockets {
  readonly shell: Pick<Socket, "send">;
  readonly control: Pick<Socket, "send">;
  readonly stdin: Pick<Socket, "send">;
  readonly iopub: { send(frames: Frames): Promise<void> };
}

/** A request and the socket that its reply goes to. */
export interface Request extends Message {
  readonly channel: RequestChannel;
}

const ENCODER = new TextEncoder();

/** Opens what comes and seals what goes. */
export class Channels {
  readonly #sockets: Sockets;
  readonly #key: string;
  readonly #session = crypto.randomUUID();
  readonly #replays = new ReplayGuard();

  constructor(sockets: Sockets, { key }: Pick<Connection, "key">) {
    this.#sockets = sockets;
    this.#key = key;
  }

  /** Reads a request; undefined for what cannot be trusted or read, which is told to `complain`. */
  open(channel: RequestChannel, frames: Frames, complain: (why: string) => void): Request | undefined {
    try {
      const message = openMessage(frames, this.#key);
      const signature = frames[message.identities.length + 1]!;
      if (!this.#replays.isReplay(new TextDecoder().decode(signature))) return { ...message, channel };
      complain(`Cannot take ${message.header.msg_type} ${message.header.msg_id}: it has come before`);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      complain(error.message);
    }
    return undefined;
  }

  /** Answers a request, by the socket that it came by. */
  async reply(request: Request, content: object): Promise<void> {
    const type = request.header.msg_type.replace(/_request$/, "_reply");
    await this.send(request.channel, request, { type, content });
  }

  /** Sends to the peer of a request, by any of the sockets that know peers. */
  async send(
    channel: RequestChannel,
    { identities, header: parent }: Message,
    { type, content }: { type: string; content: object },
  ): Promise<void> {
    const header = createHeader(type, this.#session);
    await this.#sockets[channel].send(sealMessage({ identities, header, parent, content }, this.#key));
  }

  /** Says something to everyone; resolves when every subscriber has room for more. */
  async publish(
    type: string,
    content: object,
    { parent, metadata }: { parent?: Header | undefined; metadata?: object } = {},
  ): Promise<void> {
    await this.#sockets.iopub.send(this.sealed(type, content, { parent, metadata }));
  }

  /** A message for iopub; its topic is its type. */
  sealed(
    type: string,
    content: object,
    { parent, metadata }: { parent?: Header | undefined; metadata?: object | undefined } = {},
  ): Frames {
    const header = createHeader(type, this.#session);
    const draft = {
      identities: [ENCODER.encode(type)],
      header,
      parent,
      content,
      ...(metadata === undefined ? {} : { metadata }),
    };
    return sealMessage(draft, this.#key);
  }
}
