import { DrivenStream, type StreamParts } from "../driven_stream.ts";
import { LeasedDriver, type LeasedDriverParts } from "./leased_driver.ts";

/** What a stream at a broker is made of. */
export interface LeasedStreamParts extends LeasedDriverParts, Pick<StreamParts, "group" | "openLetters"> {}

/** A stream that a broker keeps: who subscribes has its place for dead letters first. */
export function leasedStream<Body>({ group, openLetters, ...parts }: LeasedStreamParts): DrivenStream<Body> {
  const { log: { name }, clock } = parts;
  const driver = new LeasedDriver(parts);
  return new DrivenStream<Body>({ path: name, name, clock, group, openLetters, beforeReading: "open letters", driver });
}
