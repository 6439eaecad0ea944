/** The HTTP status of each of MLRun's error classes that a step can raise; a user of Levada throws a `StatusError` with it. */
export const STATUSES: Readonly<Record<string, number>> = {
  MLRunAccessDeniedError: 403,
  MLRunBadRequestError: 400,
  MLRunConflictError: 409,
  MLRunInternalServerError: 500,
  MLRunInvalidArgumentError: 400,
  MLRunMethodNotAllowedError: 405,
  MLRunNotFoundError: 404,
  MLRunNotImplementedServerError: 501,
  MLRunPreconditionFailedError: 412,
  MLRunRuntimeError: 500,
  MLRunServiceUnavailableError: 503,
  MLRunTimeoutError: 504,
  MLRunUnauthorizedError: 401,
  MLRunUnprocessableEntityError: 422,
  MLRunValueError: 400,
};
