/** A namespace compatible with that of Deno's own kernel, so that its notebooks run. Runs in the engine process. */

import { imageType } from "../show/image.ts";
import { type Bundle, bundleOf } from "../show/bundle.ts";

const DISPLAY = Symbol.for("Jupyter.display");

/** How a value is displayed. */
interface DisplayOptions {
  raw?: boolean;
  update?: boolean;
  display_id?: string;
}

/** Makes `Deno.jupyter`; `say` carries an output of the running cell to the kernel. */
export function jupyterNamespace(say: (output: object) => void): object {
  function display(value: unknown, options: DisplayOptions = {}): Promise<void> {
    return Object.assign(show(value, options), { [DISPLAY]: () => ({}) }); // as a cell's last value it shows nothing more
  }

  async function show(value: unknown, options: DisplayOptions): Promise<void> {
    const data = options.raw === true ? value as Bundle : await bundleOf(value);
    say({
      kind: options.update === true ? "update" : "display",
      data,
      metadata: {},
      ...(options.display_id === undefined ? {} : { displayId: options.display_id }),
    });
  }

  function broadcast(type: string, content: Record<string, unknown>, extra: { metadata?: object } = {}): Promise<void> {
    if (type === "clear_output") say({ kind: "clear", wait: content.wait === true });
    else say({ kind: "message", type, content, metadata: extra.metadata ?? {} });
    return Promise.resolve();
  }

  return {
    $display: DISPLAY,
    display,
    broadcast,
    format: bundleOf,
    md: tagged("text/markdown"),
    html: tagged("text/html"),
    svg: tagged("image/svg+xml"),
    image: (path: string | Uint8Array) => picture(typeof path === "string" ? Deno.readFileSync(path) : path),
  };
}

function picture(bytes: Uint8Array): object {
  const type = imageType(bytes);
  if (type === undefined) throw new TypeError("Cannot show the image needs PNG or JPEG bytes: found neither");
  return { [DISPLAY]: () => ({ [type]: bytes.toBase64(), "text/plain": `${type}, ${bytes.length} bytes` }) };
}

function tagged(type: string): (strings: TemplateStringsArray, ...values: unknown[]) => object {
  return (strings, ...values) => {
    const text = String.raw({ raw: strings }, ...values.map((value) => value ?? ""));
    return { [DISPLAY]: () => ({ [type]: text, "text/plain": text }) };
  };
}
