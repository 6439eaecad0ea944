/** JupyterLab's settings in its private environment: what holds until the person chooses otherwise. */

import { join } from "node:path";

/**
 * A first start asks nothing and sends nothing: `LabApp.news_url` stops the news themselves, but not the question about them.
 *
 * @see Source: jupyterlab, apputils-extension, schema/notification.json.
 */
const OVERRIDES = {
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
};

/** Writes them into the environment at `prefix`; settings of the person's own go before them. */
export async function writeLabSettings(prefix: string): Promise<void> {
  const folder = join(prefix, "share", "jupyter", "lab", "settings");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "overrides.json"), `${JSON.stringify(OVERRIDES, null, 2)}\n`);
}
