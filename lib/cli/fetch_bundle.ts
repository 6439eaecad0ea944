/** `levada fetch-bundle URL` */
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { readOptions } from "./options.ts";
import { ARCHIVE_NEEDS, prefetch } from "./prefetch.ts";

/** Fetches a bundle. */
export const FETCH_BUNDLE: Command = {
  summary: "Fetch a packed bundle out of a store, before it is served",
  help: `Usage: levada fetch-bundle URL --revision REVISION -o FILE.tar.gz

Fetches a bundle that was packed, and keeps it if it is what was deployed. Pods do so before they serve, where \`levada deploy\` is told --bundle-url.

  --revision R       What it has to be.
  --sha256 D         SHA-256 that the archive has to have. Default: it is unpacked, and its files are compared with their hashes.
  -o, --output FILE  Where to.

URL is one of http(s)://, s3://, gs://, az://, v3io://; credentials are those of stores: AWS_ACCESS_KEY_ID and its like, from the environment or
mounted folders.

Exit code: 0 it is there, 1 it cannot be had, or is another, 2 a wrong option.
`,

  async run(args: readonly string[], context: CommandContext): Promise<number> {
    const { values: { revision, sha256, output }, positionals } = readOptions(args, {
      revision: { type: "string" },
      sha256: { type: "string" },
      output: { type: "string", short: "o" },
    });
    const [url, ...rest] = positionals;
    if (url === undefined || rest.length > 0) throw new UsageError("give it one URL");
    if (revision === undefined || output === undefined) throw new UsageError("say --revision and --output");
    await prefetch(ARCHIVE_NEEDS, context);
    const { fetchBundle } = await import("./serving/fetch_bundle.ts");
    context.terminal.out(`${await fetchBundle(url, { revision, sha256, output, signal: context.signal })}\n`);
    return 0;
  },
};
