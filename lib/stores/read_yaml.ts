/** The part of yaml that is used here; the package is fetched when the first file is read. */
interface Yaml {
  parse(text: string, options: object): unknown;
}

const LIMITS = { maxAliasCount: 100, logLevel: "error", prettyErrors: false }; // aliases of aliases could grow without end

/**
 * Reads YAML of one document.
 *
 * @throws {SyntaxError} If it is none.
 */
export async function readYaml(text: string): Promise<unknown> {
  const name = "yaml"; // in a variable: only who reads such a file needs it
  const { parse } = await import(name) as Yaml;
  try {
    return parse(text, LIMITS);
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message.split("\n", 1)[0] : String(error));
  }
}
