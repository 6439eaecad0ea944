import type { Code } from "../../graph/operator.ts";
import type { Schema } from "../../graph/schema.ts";
import { unusable } from "../../remote/remote_answer.ts";
import type { RemoteRequest } from "../../remote/remote_request.ts";

/**
 * The answer as the step's `reply` has it; as it came where there is none.
 *
 * @param check A schema's `safeParse`; undefined where every answer is taken.
 * @throws {RemoteError} 502 if it is not what `reply` says, naming each field.
 */
export function checkReply(answer: unknown, check: Code | undefined, request: RemoteRequest): unknown {
  if (check === undefined) return answer;
  const checked = (check as unknown as Schema<unknown>["safeParse"])(answer);
  if (checked.success) return checked.data;
  const fields = checked.error.issues.map(({ path, message }) => `${path.map(String).join(".") || "it"}: ${message}`);
  throw unusable(request, `its answer is not what reply says: ${fields.join("; ")}`);
}
