/** The registry of npm that is asked, and what it is asked with. */
import { join } from "node:path";

/** A registry. */
export interface NpmRegistry {
  /** Without a `/` at its end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const NPM = "https://registry.npmjs.org";

/** The registry that `NPM_CONFIG_REGISTRY` or the user's `.npmrc` says, with its token; else npm's own. */
export async function npmRegistry(ask: (name: string) => string | undefined): Promise<NpmRegistry> {
  const home = ask("HOME");
  const lines = home === undefined ? "" : await Deno.readTextFile(join(home, ".npmrc")).catch(() => "");
  const settings = new Map(
    lines.split("\n").map((line) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line)).filter((match) => match !== null)
      .map(([, name, value]) => [name!, value!.replace(/\$\{(\w+)\}/g, (_, variable) => ask(variable) ?? "")]),
  );
  const said = ask("NPM_CONFIG_REGISTRY") || settings.get("registry") || NPM;
  const url = (URL.canParse(said) ? said : NPM).replace(/\/+$/, "");
  const token = settings.get(`${url.replace(/^https?:/, "")}/:_authToken`);
  return { url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
}
