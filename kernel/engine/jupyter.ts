/** Runs inside the engine process: the namespace that Deno's own kernel calls `Deno.jupyter`. */
import type { MimeBundle } from "./engine.ts";

/** Under which a value keeps the method that shows it. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** How `display` shows a value. */
export interface DisplayOptions {
  /** The value is a bundle of MIME types already. */
  readonly raw?: boolean;
  /** Changes the display with this `display_id` in place. */
  readonly update?: boolean;
  readonly display_id?: string;
}

/** What the namespace needs of the engine. */
export interface JupyterHost {
  show(value: unknown): Promise<MimeBundle>;
  display(data: MimeBundle, options: DisplayOptions): void;
  broadcast(type: string, content: Record<string, unknown>, extra: Record<string, unknown>): void;
}

function displayable(bundle: MimeBundle): Record<symbol, () => MimeBundle> {
  return { [DISPLAY]: () => bundle };
}

function tag(mime: string) {
  return (strings: TemplateStringsArray, ...values: unknown[]) =>
    displayable({ [mime]: String.raw({ raw: strings }, ...values.map((value) => value ?? "")) });
}

function image(source: string | Uint8Array): Record<symbol, () => MimeBundle> {
  const bytes = typeof source === "string" ? Deno.readFileSync(source) : source;
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8; // JPEG: start of image
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50; // PNG: first bytes of the signature
  if (!isJpeg && !isPng) throw new TypeError("Cannot show the image needs PNG or JPEG bytes: found neither");
  return displayable({ [isPng ? "image/png" : "image/jpeg"]: bytes.toBase64() });
}

/** Builds the namespace. */
export function jupyterNamespace(host: JupyterHost): Record<string, unknown> {
  return {
    $display: DISPLAY,
    display: async (value: unknown, options: DisplayOptions = {}) => {
      host.display(options.raw ? value as MimeBundle : await host.show(value), options);
    },
    format: (value: unknown) => host.show(value),
    md: tag("text/markdown"),
    html: tag("text/html"),
    svg: tag("image/svg+xml"),
    image,
    broadcast: (type: string, content: Record<string, unknown>, extra: Record<string, unknown> = {}) => {
      host.broadcast(type, content, extra);
      return Promise.resolve();
    },
  };
}
