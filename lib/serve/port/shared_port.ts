/**
 * Ports that several processes have, on Linux: whom the kernel gives new connections. Who closes a port resets those that wait for it there,
 * so nobody may be given any before that. Deno 2.9.6 cannot say so to the kernel: the C library does, where this process may ask it.
 */

import { PortSockets } from "./port_sockets.ts";

/** An instruction of a program that the kernel runs for a packet, as `struct sock_filter` has it. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const [ATTACH_FILTER, ATTACH_CHOICE, DETACH_CHOICE] = [26, 51, 68]; // options of a socket
const [LOAD_WORD, LOAD_BYTE, AND, JUMP_IF_EQUAL, ADD, MODULO, RETURN, RETURN_RESULT] = [
  0x20,
  0x30,
  0x54,
  0x15,
  0x04,
  0x94,
  0x06,
  0x16,
];
const RANDOM = -0x1000 + 56; // where the kernel's extensions of such programs are, and a random number among them
const [FLAGS_AT, SYN, ACK] = [13, 0x02, 0x10]; // in a TCP header
const WHOLE = 0xffff_ffff;

/** All the ports that a server has. */
export function portsOf(
  { port, grpcPort }: { readonly port: number; readonly grpcPort: number | undefined },
): number[] {
  return grpcPort === undefined ? [port] : [port, grpcPort];
}

/** Takes no new connections on these ports; those that have come stay. Callers knock again in a second, where another process takes them. */
export function refuseNew(ports: readonly number[]): boolean {
  return tellKernel(ports, ATTACH_FILTER, [
    [LOAD_BYTE, 0, 0, FLAGS_AT],
    [AND, 0, 0, SYN | ACK],
    [JUMP_IF_EQUAL, 0, 1, SYN],
    [RETURN, 0, 0, 0],
    [RETURN, 0, 0, WHOLE],
  ]);
}

/** Whether `refuseNew` will do: the kernel is told to refuse nobody. */
export function canRefuseNew(ports: readonly number[]): boolean {
  return tellKernel(ports, ATTACH_FILTER, [[RETURN, 0, 0, WHOLE]]);
}

/**
 * Gives new connections on these ports only to some of the processes that have them.
 *
 * @param after How many have them that get none: the earliest.
 * @param count How many do: those that opened the port next after them.
 */
export function chooseAmong(ports: readonly number[], { after, count }: { after: number; count: number }): boolean {
  return tellKernel(ports, ATTACH_CHOICE, [
    [LOAD_WORD, 0, 0, RANDOM],
    [MODULO, 0, 0, count],
    [ADD, 0, 0, after],
    [RETURN_RESULT, 0, 0, 0],
  ]);
}

/** Gives them to all again. */
export function chooseAmongAll(ports: readonly number[]): boolean {
  return tellKernel(ports, DETACH_CHOICE, []);
}

/** Whether the kernel was told, for each of these ports. */
function tellKernel(ports: readonly number[], option: number, program: readonly Instruction[]): boolean {
  using sockets = PortSockets.open(ports);
  if (sockets === undefined) return false;
  const [code, words] = [codeOf(program), new BigUint64Array(2)];
  words.set([BigInt(program.length), Deno.UnsafePointer.value(Deno.UnsafePointer.of(code))]); // struct sock_fprog
  const listeners = sockets.all().filter(({ isListening }) => isListening);
  return listeners.length >= ports.length && listeners.every(({ file }) => sockets.set(file, option, words));
}

function codeOf(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(8 * program.length));
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, ifTrue);
    view.setUint8(8 * index + 3, ifFalse);
    view.setUint32(8 * index + 4, operand >>> 0, true);
  }
  return new Uint8Array(view.buffer);
}
