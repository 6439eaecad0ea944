import type { Parsed } from "../../flow/read_by.ts";
import type { Code } from "../../graph/operator.ts";
import { unusable } from "../../remote/remote_answer.ts";
import type { RemoteRequest } from "../../remote/remote_request.ts";

/**
 * The answer as the step's `reply` has it; as it came where there is none.
 *
 * @param check What a schema says of an answer; undefined where every answer is taken.
 * @throws {RemoteError} 502 if it is not what `reply` says, naming each field.
 */
export async function checkReply(answer: unknown, check: Code | undefined, request: RemoteRequest): Promise<unknown> {
  if (check === undefined) return answer;
  const checked = await check(answer as never) as Parsed<unknown>;
  if (checked.success) return checked.data;
  const fields = checked.error.issues.map(({ path, message }) => `${path.map(String).join(".") || "it"}: ${message}`);
  throw unusable(request, `its answer is not what reply says: ${fields.join("; ")}`);
}
