import { StreamError } from "../../errors.ts";

/** The broker has not answered for as long as a call may take. Who reads goes on waiting; who publishes or settles is told. */
export class OfflineError extends StreamError {}
