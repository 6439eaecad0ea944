/** A message cannot be read or written: a part is missing, is no JSON, or is not what the protocol says. */
export class MessageError extends Error {
  override readonly name = "MessageError";
}

/** A message's signature is missing, wrong, or was used before: it may not come from who it seems to. */
export class SignatureError extends Error {
  override readonly name = "SignatureError";
}
