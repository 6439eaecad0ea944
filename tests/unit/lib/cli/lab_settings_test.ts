import { deepStrictEqual } from "node:assert/strict";
import { writeLabSettings } from "../../../../lib/cli/lab_settings.ts";

Deno.test("writeLabSettings() keeps JupyterLab from asking about news, in the environment and over what stood there", async () => {
  const prefix = await Deno.makeTempDir();
  const file = `${prefix}/share/jupyter/lab/settings/overrides.json`; // jupyterlab_server, app_settings_dir
  await writeLabSettings(prefix);
  await Deno.writeTextFile(file, "of an older release");
  await writeLabSettings(prefix);
  const { fetchNews, checkForUpdates } =
    JSON.parse(await Deno.readTextFile(file))["@jupyterlab/apputils-extension:notification"];
  deepStrictEqual([fetchNews, checkForUpdates], ["false", false]);
  await Deno.remove(prefix, { recursive: true });
});
