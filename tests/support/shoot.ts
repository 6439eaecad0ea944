/** What a shot is like: the window's size in CSS pixels, and whether the reader wishes dark pages. */
export interface ShotOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const LIMIT_MS = 60_000; // a cold browser on a busy machine takes some seconds

/**
 * Takes a picture of a page by Chromium: the one that the variable CHROMIUM names, else the one on PATH.
 *
 * @throws {Error} If there is no Chromium, or it made no picture.
 */
export async function shoot(page: URL, png: string, options: ShotOptions = {}): Promise<void> {
  const { width = 1200, height = 900, dark = false } = options;
  const profile = await Deno.makeTempDir({ prefix: "shoot-" });
  const args = [
    ...["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", `--user-data-dir=${profile}`],
    ...(dark ? ["--blink-settings=preferredColorScheme=0"] : ["--blink-settings=preferredColorScheme=1"]),
    ...[`--window-size=${width},${height}`, `--screenshot=${png}`, page.href],
  ];
  try {
    const { success, stderr } = await run(args);
    const made = await Deno.stat(png).then(({ size }) => size > 0, () => false);
    if (!success || !made) {
      throw new Error(`Cannot take a picture of ${page.href}: ${new TextDecoder().decode(stderr).trim()}`);
    }
  } finally {
    await Deno.remove(profile, { recursive: true });
  }
}

async function run(args: readonly string[]): Promise<Deno.CommandOutput> {
  const named = Deno.env.get("CHROMIUM");
  for (const name of named === undefined ? NAMES : [named]) {
    try {
      return await new Deno.Command(name, { args: [...args], signal: AbortSignal.timeout(LIMIT_MS) }).output();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`Cannot take a picture: no Chromium. Install chromium, or name one by the variable CHROMIUM`);
}

if (import.meta.main) {
  const [page, png, ...words] = Deno.args;
  if (page === undefined || png === undefined) {
    console.error("Usage: deno run -A tests/support/shoot.ts PAGE PNG [WIDTH HEIGHT] [dark]");
    Deno.exit(2);
  }
  const [width = 1200, height = 900] = words.filter((word) => word !== "dark").map(Number);
  await shoot(new URL(page, `file://${Deno.cwd()}/`), png, { width, height, dark: words.includes("dark") });
}
