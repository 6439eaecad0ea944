/** A small client of the Chrome DevTools Protocol: methods, answers, events, over one WebSocket. */

import { InspectorSocket } from "./inspector_socket.ts";

/** A value in the engine process, as CDP names it. */
export interface RemoteObject {
  readonly type: string;
  readonly subtype?: string;
  readonly value?: unknown;
  readonly description?: string;
  readonly objectId?: string;
  readonly className?: string;
}

/** What was thrown, and where; lines and columns count from 0. */
export interface ExceptionDetails {
  readonly text: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
  readonly url?: string;
  readonly exception?: RemoteObject;
}

/** A property that no code sees, such as `[[FunctionLocation]]`. */
export interface InternalProperty {
  readonly name: string;
  readonly value?: RemoteObject;
}

/** What `Runtime.getProperties` answers. */
export interface Properties {
  readonly result: readonly { readonly name: string; readonly value?: RemoteObject }[];
  readonly internalProperties?: readonly InternalProperty[];
}

/** What `Runtime.evaluate` and `Runtime.callFunctionOn` answer. */
export interface Evaluated {
  readonly result: RemoteObject;
  readonly exceptionDetails?: ExceptionDetails;
}

/** The methods that the kernel uses: parameters and answer. */
export interface CdpMethods {
  "Runtime.enable": [Record<string, never>, unknown];
  "Runtime.addBinding": [{ name: string }, unknown];
  "Runtime.getProperties": [{ objectId: string; ownProperties: boolean }, Properties];
  "Runtime.releaseObjectGroup": [{ objectGroup: string }, unknown];
  "Debugger.enable": [Record<string, never>, unknown];
  "Debugger.disable": [Record<string, never>, unknown];
  "Debugger.setSkipAllPauses": [{ skip: boolean }, unknown];
  "Runtime.terminateExecution": [Record<string, never>, unknown];
  "Runtime.evaluate": [
    {
      expression: string;
      replMode?: boolean;
      awaitPromise?: boolean;
      returnByValue?: boolean;
      throwOnSideEffect?: boolean;
      objectGroup?: string;
    },
    Evaluated,
  ];
  "Runtime.callFunctionOn": [
    {
      functionDeclaration: string;
      objectId?: string;
      executionContextId?: number;
      arguments?: readonly { value?: unknown; objectId?: string }[];
      awaitPromise?: boolean;
      returnByValue?: boolean;
    },
    Evaluated,
  ];
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

interface Incoming {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: unknown;
}

/** The other side answered with an error, or is gone. */
export class CdpError extends Error {
  override readonly name = "CdpError";
  /** The process is gone, or lets nobody in any more. */
  readonly isGone: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isGone?: boolean } = {}) {
    super(message, options);
    this.isGone = options.isGone ?? false;
  }
}

/** One connection to one process. */
export class CdpClient {
  /** Settles when the connection has ended, whatever the cause. */
  readonly closed: Promise<void>;
  readonly #socket: InspectorSocket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(socket: InspectorSocket, onEvent: (method: string, params: unknown) => void) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data), onEvent);
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) {
        reject(new CdpError("The engine process is gone", { isGone: true }));
      }
      this.#waiting.clear();
      resolve();
    };
  }

  /** Connects; `onEvent` is called in the order of the wire. */
  static async connect(url: string, onEvent: (method: string, params: unknown) => void): Promise<CdpClient> {
    try {
      return new CdpClient(await InspectorSocket.connect(url), onEvent);
    } catch (error) {
      throw new CdpError(`Cannot connect to the engine at ${url}`, { cause: error });
    }
  }

  /**
   * Asks for one thing. Rejects with a `CdpError` when the process refuses it or is gone.
   *
   * @param onAnswer Called with the answer in the order of the wire: before the events that come after it.
   */
  call<Method extends keyof CdpMethods>(
    method: Method,
    params: CdpMethods[Method][0],
    onAnswer?: (answer: CdpMethods[Method][1]) => void,
  ): Promise<CdpMethods[Method][1]> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.isOpen) {
        return reject(new CdpError("The engine process is gone", { isGone: true }));
      }
      const id = ++this.#lastId;
      this.#waiting.set(id, {
        resolve: (value) => {
          onAnswer?.(value as CdpMethods[Method][1]);
          resolve(value as CdpMethods[Method][1]);
        },
        reject,
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #take(message: Incoming, onEvent: (method: string, params: unknown) => void): void {
    if (message.id === undefined) {
      if (message.method !== undefined) onEvent(message.method, message.params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) waiting?.reject(new CdpError(message.error.message));
    else waiting?.resolve(message.result);
  }

  /** Ends the connection and waits until it has ended. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
