import { hostname } from "node:os";
import process from "node:process";

/** Who deploys here, as others are told. */
export function whoDeploys(): string {
  return `${process.env.USER ?? "somebody"}@${hostname()}`;
}
