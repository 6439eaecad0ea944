import { freePort, reading, runTool, startTool, type StoreLab, toolFolder } from "./store_lab.ts";

const VERSION = "v1.56.1";

/** fake-gcs-server, an emulator of Google's JSON interface in Go; it checks no credentials. The witness is its public download. */
export async function openGoogleLab(): Promise<StoreLab> {
  const program = await install();
  const port = freePort();
  const args = [
    "-backend",
    "memory",
    "-scheme",
    "http",
    "-host",
    "127.0.0.1",
    "-port",
    `${port}`,
    "-public-host",
    `127.0.0.1:${port}`,
    "-log-level",
    "error",
  ];
  const server = await startTool(program, args, { port });
  const host = `http://127.0.0.1:${port}`;
  const made = await fetch(`${host}/storage/v1/b?project=p`, {
    method: "POST",
    body: '{"name":"models"}',
    headers: { "content-type": "application/json" },
  });
  if (!made.ok) throw new Error(`Cannot make a bucket: ${made.status} ${await made.text()}`);
  await made.body?.cancel();
  return {
    name: "gs (fake-gcs-server)",
    base: "gs://models/",
    options: reading({ STORAGE_EMULATOR_HOST: host }),
    secrets: [],
    witness: {
      read: async (key) =>
        await (await fetch(`${host}/download/storage/v1/b/models/o/${encodeURIComponent(key)}?alt=media`)).bytes(),
      async write(key, bytes) {
        const url = `${host}/upload/storage/v1/b/models/o?uploadType=media&name=${encodeURIComponent(key)}`;
        await (await fetch(url, { method: "POST", body: bytes as Uint8Array<ArrayBuffer> })).body?.cancel();
      },
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() as Promise<void>,
  };
}

async function install(): Promise<string> {
  const folder = toolFolder(`fake-gcs-server-${VERSION}`);
  const program = `${folder}/fake-gcs-server`;
  if (await Deno.stat(program).then(() => true, () => false)) return program;
  await Deno.mkdir(folder, { recursive: true });
  console.log(`building fake-gcs-server ${VERSION} into ${folder} (1 to 5 minutes the first time)`);
  await runTool("go", ["install", "-trimpath", "-ldflags", "-s -w", `github.com/fsouza/fake-gcs-server@${VERSION}`], {
    env: { GOBIN: folder, CGO_ENABLED: "0" },
  });
  return program;
}
