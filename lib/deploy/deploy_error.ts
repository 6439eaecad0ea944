import { plainLines } from "../telemetry/one_line.ts";

/** Something cannot be deployed, or a deployment cannot be asked; what ran before runs on. */
export class DeployError extends Error {
  /** The name of the class. */
  override readonly name = "DeployError";
  /** The last lines of a process that did not start. */
  readonly lines: readonly string[];

  /** Says the act, and what stands in its way. */
  constructor(
    act: string,
    cause: string,
    { lines = [], ...options }: ErrorOptions & { lines?: readonly string[] } = {},
  ) {
    const plain = lines.map(plainLines); // others have written them
    super(`Cannot ${plainLines(`${act}: ${cause}`)}${plain.map((line) => `\n  ${line}`).join("")}`, options);
    this.lines = plain;
  }
}
