import { PROTOCOL_VERSION } from "../message/message.ts";

const VERSION = "0.1.0";

/** What the kernel tells of itself. */
export function kernelInfo(): object {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "levada",
    implementation_version: VERSION,
    language_info: {
      name: "typescript",
      version: Deno.version.typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    banner: `Levada ${VERSION}: TypeScript ${Deno.version.typescript} on Deno ${Deno.version.deno}`,
    help_links: [{ text: "Deno", url: "https://docs.deno.com" }],
    supported_features: [],
    debugger: false,
  };
}
