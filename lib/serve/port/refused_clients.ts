/** Why connections were refused in their handshake, as log lines: few, however many knock. */

const PAUSE_MS = 10_000; // between two lines

/** How it tells. */
export interface RefusedOptions {
  /** Default: to the standard error, as Deno.serve tells what fails. */
  readonly tell?: (line: string) => void;
  /** Milliseconds that only grow. Default: the process's own. */
  readonly now?: () => number;
}

/** Gives what tells why a client was refused: at once, and then once in 10 s, with how many more there were. */
export function refusedClients(
  { tell = (line) => console.error(line), now = () => performance.now() }: RefusedOptions = {},
): (reason: string) => void {
  let toldAt = -Infinity;
  let untold = 0;
  return (reason) => {
    if (now() - toldAt < PAUSE_MS) {
      untold += 1;
      return;
    }
    const more = untold === 0 ? "" : `; ${untold} more since the last such line`;
    tell(
      `Refused a client: ${reason}. Clients need a certificate of the authorities that the server names: X.509 version 3, valid now, for clients${more}`,
    );
    toldAt = now();
    untold = 0;
  };
}
