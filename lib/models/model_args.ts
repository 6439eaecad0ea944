import type { Mechanism } from "../graph/mechanism.ts";
import type { BatchingOptions } from "./batching/batcher.ts";

/** Where a model's files lie, and its parameters, read by `param`. */
export interface ModelArgs {
  /**
   * A file, its directory, an archive of it (`.zip`, `.tar.gz`), or its path without the ending: a path, or a URL that `openItem` takes.
   * `${NAME}` in a URL of http or https is a secret's.
   */
  modelPath?: string;
  /**
   * What the file or archive must hash to: `sha256:…`. Of an ONNX model whose weights lie beside it, all files by their names:
   * `{ "model.onnx": "sha256:…", "model.onnx.data": "sha256:…" }`; that of the file alone is refused then.
   */
  checksum?: string | Readonly<Record<string, string>>;
  /** Whether the server starts when the model is loaded (`before`, the default), or before that and answers for other models meanwhile. */
  loading?: "before" | "background";
  /**
   * Where the model runs. Elsewhere than `inline` its class is imported anew, so it must be exported by a module, and say where that is:
   * `static readonly module = import.meta.url`, or `workerModel`. Classes in the cells of a notebook stand in no module: put them into a file.
   */
  mechanism?: Mechanism;
  /**
   * How URLs begin that a request may name as `data_url`, whose bytes are then its one row: `https://pictures.example/in/`. Default: none, since
   * the server would fetch whatever a caller names.
   */
  dataUrls?: readonly string[];
  /**
   * Joins the rows of requests that come at about the same time, and say the same besides, into one call of `predict`, which then gives one
   * answer a row. Default: each request is a call.
   */
  batching?: BatchingOptions;
  /** What model monitoring calls the model; in replies and metadata as `model_endpoint_uid`. */
  modelEndpointUid?: string;
  /** What else records of model monitoring say of it. */
  labels?: Record<string, string>;
  /** Anything else, read by `param`. */
  [parameter: string]: unknown;
}
