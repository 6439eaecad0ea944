// Start JupyterLab without a window, open a notebook in Chromium, and end both again.
//
//   const lab = await startLab({ root });              // own settings, own token, free port on 127.0.0.1
//   const ui = await openNotebook(lab, "x.ipynb");     // { browser, page }; globalThis.jupyterapp is there
//   ... ; await ui.browser.close(); await lab.stop();
//
// Needs on PATH: jupyter (jupyterlab >= 4.2); Chromium (CHROMIUM or one of the usual names); the npm package
// playwright-core, found from this file, from the working directory or by NODE_PATH.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import * as fs from "node:fs";
import * as path from "node:path";

export function playwright() {
  for (const from of [import.meta.url, path.join(process.cwd(), "x.js")]) {
    try {
      return createRequire(from)("playwright-core");
    } catch (e) {
      if (e.code !== "MODULE_NOT_FOUND") throw e;
    }
  }
  throw new Error("playwright-core is not installed: npm i playwright-core, in the working directory or by NODE_PATH");
}

export function findChromium() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const dir of (process.env.PATH ?? "").split(path.delimiter)) {
    for (const n of names) {
      const p = path.join(dir, n);
      if (fs.existsSync(p)) return p;
    }
  }
  throw new Error("no Chromium: install one or set CHROMIUM");
}

function freePort() {
  return new Promise((ok, no) => {
    const s = createServer();
    s.on("error", no);
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => ok(port));
    });
  });
}

/** Settings that make a run repeatable: every cell rendered, nothing saved. What a first start asks is not hidden by them. */
const SETTINGS = {
  "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {
    windowingMode: "none",
    recordTiming: true,
    scrollPastEnd: false,
  },
  "@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": { autosave: false },
};

/** Starts `jupyter lab`; root is the folder that it serves and that kernels start in. */
export async function startLab({ root, settings = SETTINGS, timeout = 60_000 } = {}) {
  const t0 = performance.now();
  const home = fs.mkdtempSync(path.join(tmpdir(), "lab-"));
  for (const [name, value] of Object.entries(settings)) {
    const file = path.join(home, "settings", name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(value));
  }
  const port = await freePort();
  const token = randomBytes(16).toString("hex");
  const args = [
    "lab",
    "--no-browser",
    "--allow-root",
    "--expose-app-in-browser",
    "--JupyterNotebookApp.expose_app_in_browser=True",
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--IdentityProvider.token=${token}`,
    `--ServerApp.root_dir=${root}`,
  ];
  const log = fs.openSync(path.join(home, "lab.log"), "w");
  const child = spawn("jupyter", args, {
    stdio: ["ignore", log, log],
    env: {
      ...process.env,
      JUPYTERLAB_SETTINGS_DIR: path.join(home, "settings"),
      JUPYTERLAB_WORKSPACES_DIR: path.join(home, "workspaces"),
      JUPYTER_CONFIG_DIR: path.join(home, "config"),
      JUPYTER_RUNTIME_DIR: path.join(home, "runtime"),
      IPYTHONDIR: path.join(home, "ipython"),
    },
  });
  let ended = false;
  child.on("exit", () => (ended = true));
  child.on("error", () => (ended = true));
  const url = `http://127.0.0.1:${port}`;
  const api = (p, init = {}) =>
    fetch(`${url}/api/${p}`, { ...init, headers: { Authorization: `token ${token}`, ...init.headers } });
  const logText = () => fs.readFileSync(path.join(home, "lab.log"), "utf8");
  for (;;) {
    if (ended) throw new Error(`jupyter lab ended at once:\n${logText()}`);
    if (performance.now() - t0 > timeout) {
      child.kill("SIGKILL");
      throw new Error(`jupyter lab did not start:\n${logText()}`);
    }
    try {
      if ((await api("status")).ok) break;
    } catch {
      // not yet listening
    }
    await new Promise((r) => setTimeout(r, 50));
  }
  /** Fails when there is no such kernelspec: Lab itself would ask for another or take the default one. */
  async function needKernel(name) {
    const specs = Object.keys((await (await api("kernelspecs")).json()).kernelspecs);
    if (!specs.includes(name)) throw new Error(`no kernelspec ${name}; there are ${specs.join(", ")}`);
  }
  async function stop() {
    try {
      for (const k of await (await api("kernels")).json()) await api(`kernels/${k.id}`, { method: "DELETE" });
    } catch {
      // the server is gone already
    }
    if (!ended) {
      child.kill("SIGTERM");
      const until = performance.now() + 5000;
      while (!ended && performance.now() < until) await new Promise((r) => setTimeout(r, 30));
      if (!ended) child.kill("SIGKILL");
    }
    fs.closeSync(log);
    fs.rmSync(home, { recursive: true, force: true });
  }
  return { url, token, api, needKernel, stop, logText, startMs: performance.now() - t0, pid: child.pid };
}

/** Opens NAME (relative to root) in Lab's single-document page ("doc"), in full Lab ("lab") or in Notebook 7 ("notebooks"). */
export async function openNotebook(lab, name, { ui = "doc", width = 1280, height = 900, timeout = 60_000 } = {}) {
  const t0 = performance.now();
  const { chromium } = playwright();
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    const page = await browser.newPage({ viewport: { width, height } });
    page.setDefaultTimeout(timeout);
    const problems = [];
    page.on("pageerror", (e) => problems.push(String(e)));
    const where = ui === "notebooks" ? `notebooks/${name}` : `${ui}/tree/${name}`;
    await page.goto(`${lab.url}/${where}?token=${lab.token}${ui === "lab" ? "&reset" : ""}`);
    await page.waitForFunction(
      () => {
        const w = globalThis.jupyterapp?.shell?.currentWidget;
        const k = w?.context?.sessionContext?.session?.kernel;
        return w?.content?.model?.cells?.length >= 0 && k && k.connectionStatus === "connected" && k.status === "idle";
      },
      undefined,
      { timeout },
    );
    return { browser, page, problems, openMs: performance.now() - t0 };
  } catch (e) {
    await browser.close();
    throw e;
  }
}

/** A copy of NOTEBOOK in a folder of its own (or beside the original), set to the kernel. */
export function prepare(notebook, kernel, { beside = false } = {}) {
  const nb = JSON.parse(fs.readFileSync(notebook, "utf8"));
  nb.metadata ??= {};
  nb.metadata.kernelspec = { name: kernel, display_name: kernel };
  delete nb.metadata.language_info;
  for (const c of nb.cells) {
    if (c.cell_type === "code") Object.assign(c, { outputs: [], execution_count: null });
  }
  const root = beside ? path.dirname(path.resolve(notebook)) : fs.mkdtempSync(path.join(tmpdir(), "shot-"));
  const name = beside ? `lab_shot_${process.pid}.ipynb` : path.basename(notebook);
  fs.writeFileSync(path.join(root, name), JSON.stringify(nb));
  const remove = () => fs.rmSync(beside ? path.join(root, name) : root, { recursive: true, force: true });
  return { root, name, remove, file: path.join(root, name) };
}
