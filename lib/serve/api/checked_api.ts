import { ApiHandler } from "./api_handler.ts";
import type { ApiOptions } from "./api_options.ts";

/**
 * Gives the options when all is right with them, so that what is wrong is told where it is said, not where the function starts.
 *
 * @throws {TypeError | SyntaxError} If an endpoint is not what it should be, or two are the same.
 */
export function checkedApi(options: ApiOptions): ApiOptions {
  new ApiHandler(options);
  return options;
}
