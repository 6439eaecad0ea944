/** What the server calls itself in its metadata: the version that `deno.json` has, which a test compares. */
export const SERVER_VERSION = "0.1.0";
