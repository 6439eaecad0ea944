/** Where things lie in an image, without a `/` before them. */
export const PATHS = {
  /** Deno's program. */
  deno: "usr/local/bin/deno",
  /** Packages of npm: DENO_DIR. */
  packages: "levada/packages",
  /** Levada itself. */
  levada: "levada",
  /** The command line. */
  program: "levada/lib/cli/main.js",
  /** The function. */
  bundle: "bundle",
} as const;
