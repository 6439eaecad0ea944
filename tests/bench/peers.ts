/** What a user might pick instead of a graph: the same chain of steps in other libraries, each as its own manual would write it. */

import { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { firstValueFrom, map, of, Subject } from "rxjs";

type Steps = readonly ((n: number) => number)[];

/** One subscription an event: a request that waits for its answer. */
export async function rxjs(steps: Steps, inputs: readonly number[]): Promise<number[]> {
  const out: number[] = [];
  for (const n of inputs) out.push(await firstValueFrom(steps.reduce((chain, step) => chain.pipe(map(step)), of(n))));
  return out;
}

/** One subscription for all events: a stream, in which nobody waits for an answer of his own. */
export function rxjsStream(steps: Steps, inputs: readonly number[]): number[] {
  const out: number[] = [];
  const source = new Subject<number>();
  steps.reduce((chain, step) => chain.pipe(map(step)), source.asObservable()).subscribe((n) => out.push(n));
  for (const n of inputs) source.next(n);
  return out;
}

/** One pipeline for all events. */
export async function nodeStreams(steps: Steps, inputs: readonly number[]): Promise<number[]> {
  const out: number[] = [];
  const transforms = steps.map((step) =>
    new Transform({
      objectMode: true,
      transform: (n: number, _encoding, done) => done(null, step(n)),
    })
  );
  const sink = new Writable({
    objectMode: true,
    write(n: number, _encoding, done) {
      out.push(n);
      done();
    },
  });
  await pipeline([Readable.from(inputs.map((n) => n)), ...transforms, sink]);
  return out;
}

/** One pipe for all events. */
export async function webStreams(steps: Steps, inputs: readonly number[]): Promise<number[]> {
  const out: number[] = [];
  let stream: ReadableStream<number> = ReadableStream.from(inputs);
  for (const step of steps) {
    stream = stream.pipeThrough(
      new TransformStream<number, number>({ transform: (n, controller) => controller.enqueue(step(n)) }),
    );
  }
  for await (const n of stream) out.push(n);
  return out;
}
