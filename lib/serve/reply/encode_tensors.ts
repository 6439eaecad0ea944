import { encodeTensorReply, type TensorForm } from "../../protocol/encode_tensors.ts";
import type { TensorReply } from "../../protocol/tensor_reply.ts";

const LEAST_BYTES = 256; // less is not worth packing

/**
 * Writes a reply of the open inference protocol in the form that the request asked for. It is packed where the request accepts gzip or
 * deflate and nothing else, as Triton's clients ask; lists of codings are what HTTP libraries send by themselves, and tensors pack badly.
 *
 * @throws {StatusError} 406 if JSON is asked for and cannot hold a value.
 */
export function encodeTensors(
  reply: TensorReply,
  { form, accepts }: { readonly form: TensorForm | undefined; readonly accepts: () => string | null },
): Response {
  const { body, headerLength } = encodeTensorReply(reply, form);
  const coding = body.length < LEAST_BYTES ? null : accepts();
  if (coding === "gzip" || coding === "deflate") {
    const headers = new Headers({ "content-encoding": coding, "vary": "accept-encoding" });
    headers.set("content-type", headerLength === undefined ? "application/json" : "application/octet-stream");
    if (headerLength !== undefined) headers.set("inference-header-content-length", String(headerLength));
    return new Response(new Blob([body]).stream().pipeThrough(new CompressionStream(coding)), { headers });
  }
  return new Response(body, {
    headers: headerLength === undefined ? JSON_TYPE : {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(headerLength),
    },
  });
}

const JSON_TYPE = { "content-type": "application/json" };
