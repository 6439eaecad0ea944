/** Says things: everything that leaves the kernel is sealed here. */

import type { Channel } from "../message/connection.ts";
import type { Header } from "../message/message.ts";
import { createHeader, sealMessage, type SignatureScheme } from "../message/seal.ts";
import type { Frames } from "../socket/socket.ts";
import type { Reply, Request } from "./request.ts";

/** Hands a message to a socket: it is in line when the call returns, and awaiting it is the back-pressure. */
export type Send = (channel: Exclude<Channel, "hb">, frames: Frames) => Promise<void>;

/** What messages are signed with. */
export interface Signature {
  /** The connection file's key; empty for unsigned messages. */
  readonly key: string;
  /** Default: hmac-sha256. */
  readonly scheme?: SignatureScheme;
}

/** What may be told with a publication. */
export interface PublishOptions {
  /** The request that caused it; none for `starting` and `iopub_welcome`. */
  readonly parent?: Header | undefined;
  readonly metadata?: object;
}

const ENCODER = new TextEncoder();

/** One voice: its messages carry one session's name and are signed with one key. */
export class Speaker {
  /** The kernel's session, new in each process. */
  readonly session: string = crypto.randomUUID();
  readonly #send: Send;
  readonly #signature: Signature;

  constructor(send: Send, signature: Signature) {
    this.#send = send;
    this.#signature = signature;
  }

  /** Tells all frontends. The topic is the message's type. */
  publish(type: string, content: object, options: PublishOptions = {}): Promise<void> {
    return this.#send("iopub", this.#seal(type, content, { ...options, identities: [ENCODER.encode(type)] }));
  }

  /** Answers a request, on its channel, to the one who asked. The metadata says when the work began: Lab shows how long it took. */
  reply(request: Request, content: Reply, started: Date): Promise<void> {
    const { header, identities } = request.message;
    const type = header.msg_type.replace(/_request$/, "_reply");
    const metadata = { started: started.toISOString() };
    return this.#send(request.channel, this.#seal(type, content, { parent: header, metadata, identities }));
  }

  /** Asks the frontend that sent a request; its stdin socket has the same name as its shell socket. */
  ask(request: Request, content: { readonly prompt: string; readonly password: boolean }): Promise<void> {
    const { header, identities } = request.message;
    return this.#send("stdin", this.#seal("input_request", content, { parent: header, identities }));
  }

  /** What a new subscriber is told first (JEP 65). */
  welcome(topic: Uint8Array): Frames {
    const subscription = new TextDecoder().decode(topic);
    return this.#seal("iopub_welcome", { subscription }, { identities: [topic] });
  }

  #seal(type: string, content: object, options: PublishOptions & { identities: readonly Uint8Array[] }): Frames {
    const { key, scheme } = this.#signature;
    return sealMessage({ header: createHeader(type, this.session), content, ...options }, key, scheme);
  }
}
