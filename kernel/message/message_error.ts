/** A message cannot be read. */
export class MessageError extends Error {
  override readonly name: string = "MessageError";
}

/** A message does not come from someone who knows the key. */
export class SignatureError extends MessageError {
  override readonly name = "SignatureError";
}
