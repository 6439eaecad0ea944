/** `levada image NOTEBOOK|MODULE|BUNDLE` */
import type { buildImageOf } from "./build_image_of.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readOptions } from "./options.ts";
import { prefetch, RUN_NEEDS } from "./prefetch.ts";

/** Makes an image. */
export const IMAGE: Command = {
  summary: "Make a container image, and push it",
  help: `Usage: levada image NOTEBOOK.ipynb|MODULE.ts|BUNDLE -t REGISTRY/NAME:TAG [OPTIONS]
       levada image --runtime [-t REGISTRY/NAME:TAG] [OPTIONS]

Makes a container image for 64-bit Linux on Intel and AMD, without Docker: pinned packages of Debian, Deno, Levada with the packages of
npm that it serves with, and the bundle, each a layer. Nothing is fetched when it starts. The same becomes the same bytes, by the same
version of Deno. Its entry point is \`levada\`, what it does \`serve /bundle --host 0.0.0.0 --port 8080\`, as a user without rights.

  -t, --tag NAME      What it is called. Default: NAME:REVISION, by the function; of the runtime levada/runtime:VERSION.
  --push              Sends it to its registry. Logins are those of \`docker login\` and \`podman login\`. What the registry has is not
                      sent again. A registry on this machine's loopback is spoken to without TLS.
  -o, --output PATH   Writes it there, by the OCI image layout: a folder, or one file where the path ends in .tar. What is there and
                      was not written so is left alone. Default: NAME-image, and nothing with --push.
  --dockerfile        Writes a Dockerfile there instead, with the layers beside it.
  --runtime           Has no bundle: what it serves is mounted, \`serve PATH\`.
  --base BASE         What lies lowest, in the place of Debian's packages: an archive of files, a folder or archive of the OCI layout, or the
                      name of an image. It has to have glibc 2.31 or newer, libgcc and libstdc++.
  --label NAME=VALUE  Says more of it. Several times.
  --export NAME       The function: an export of the module, or a name of the notebook. Default: the default export, or the only one.
  --file PATH         Brings this file too. Several times.
  --external PACKAGE  Leaves this package out of the code; the image has it beside. Several times.
  --no-probe          Does not start the bundle once before it is called good.

Environment: LEVADA_DEBIAN_MIRROR, where Debian's packages lie (with the folders debian and debian-security; default: Debian's own, then its
snapshots); NPM_CONFIG_REGISTRY; LEVADA_CACHE, where downloads and layers are kept; SOURCE_DATE_EPOCH, when it says that it was made (1970).

Exit code: 0 made, 1 it cannot be made or pushed, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values, positionals } = readOptions(args, {
      tag: { type: "string", short: "t" },
      push: { type: "boolean" },
      output: { type: "string", short: "o" },
      dockerfile: { type: "boolean" },
      runtime: { type: "boolean" },
      base: { type: "string" },
      label: { type: "string", multiple: true },
      export: { type: "string" },
      file: { type: "string", multiple: true },
      external: { type: "string", multiple: true },
      "no-probe": { type: "boolean" },
    });
    const [path, ...rest] = positionals;
    const isRuntime = values.runtime === true;
    if (isRuntime ? path !== undefined : path === undefined || rest.length > 0) {
      throw new UsageError(
        isRuntime ? "the runtime has no bundle: leave out what it serves" : "give it one notebook, module or bundle",
      );
    }
    const isPushed = values.push === true;
    if (isPushed && values.tag === undefined) throw new UsageError("--push needs a name: -t REGISTRY/NAME:TAG");
    if (values.dockerfile && values.output?.endsWith(".tar")) {
      throw new UsageError("--dockerfile writes a folder: say -o FOLDER");
    }
    const wish = {
      path,
      tag: values.tag,
      isPushed,
      output: values.output,
      isDockerfile: values.dockerfile === true,
      base: values.base,
      labels: Object.fromEntries((values.label ?? []).map(readLabel)),
      export: values.export,
      files: values.file ?? [],
      external: values.external ?? [],
      isProbed: values["no-probe"] !== true,
    };
    await prefetch([...RUN_NEEDS, "lib/cli/build_image_of.ts", "modern-tar", "xz-decompress"], context);
    const module = "./build_image_of.ts"; // in a variable: Deno would download its packages when the command line starts
    return await (await import(module) as { buildImageOf: typeof buildImageOf }).buildImageOf(wish, context);
  },
};

function readLabel(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`--label takes NAME=VALUE: got "${text}"`);
}
