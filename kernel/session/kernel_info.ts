/** What the kernel says of itself. */

import { PROTOCOL_VERSION } from "../message/message.ts";
import type { Reply } from "./request.ts";

/** The content of a `kernel_info_reply`; `version` is Levada's. */
export function kernelInfo(version: string): Reply {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "levada",
    implementation_version: version,
    banner: `Levada ${version} on Deno ${Deno.version.deno}, TypeScript ${Deno.version.typescript}`,
    language_info: {
      name: "typescript",
      version: Deno.version.typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    supported_features: [],
    help_links: [
      { text: "Deno", url: "https://docs.deno.com/" },
      { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
    ],
  };
}
