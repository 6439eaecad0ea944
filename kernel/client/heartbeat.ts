/** The heartbeat: whatever is sent comes back, or the kernel is gone. */

import type { Socket } from "../socket/socket.ts";

/** How the heart is listened to. */
export interface HeartbeatOptions {
  /** Between two beats, in milliseconds. Default: 3000. */
  readonly intervalMs?: number;
  /** How long one beat may take, in milliseconds. Default: 30,000: a loaded machine is slow, not dead. */
  readonly timeoutMs?: number;
}

/** Sends beats until the socket closes; `onLost` is told once, when one does not come back in time. */
export async function watchHeartbeat(
  socket: Socket,
  onLost: (cause: string) => void,
  options: HeartbeatOptions = {},
): Promise<void> {
  const { intervalMs = 3000, timeoutMs = 30_000 } = options;
  const beat = [new Uint8Array(), new TextEncoder().encode("beat")]; // a REQ's empty frame, then what comes back
  const echoes = socket[Symbol.asyncIterator]();
  const closed = Promise.withResolvers<void>();
  const reading = { next: echoes.next() };
  for (;;) {
    try {
      await socket.send(beat);
    } catch {
      return; // closed: the reader of the process tells more than this socket can
    }
    let late: ReturnType<typeof setTimeout> | undefined = setTimeout(() => {
      late = undefined;
      onLost(`no heartbeat came back for ${timeoutMs / 1000} s`);
    }, timeoutMs);
    const echo = await reading.next;
    clearTimeout(late);
    if (echo.done === true) return;
    reading.next = echoes.next();
    reading.next.then((result) => result.done === true && closed.resolve());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pause = new Promise<void>((resolve) => timer = setTimeout(resolve, intervalMs));
    await Promise.race([pause, closed.promise]);
    clearTimeout(timer);
  }
}
