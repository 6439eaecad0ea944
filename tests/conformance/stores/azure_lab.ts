import { freePort, reading, runTool, startTool, type StoreLab, toolFolder } from "./store_lab.ts";

const AZURITE = "3.37.0";
const SDK = "12.34.0";
/** What every Azurite is delivered with. */
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Azurite, Microsoft's own emulator of the blob store, which checks SharedKey and SAS; the witness is Microsoft's SDK. */
export async function openAzureLab(): Promise<StoreLab & { readonly sas: StoreLab["options"] }> {
  const tools = await install();
  const data = await Deno.makeTempDir({ prefix: "levada-azure-" });
  const port = freePort();
  const args = ["--blobPort", `${port}`, "--location", data, "--silent", "--disableTelemetry", "--skipApiVersionCheck"];
  const server = await startTool("node", [`${tools}/node_modules/azurite/dist/src/blob/main.js`, ...args], { port });
  const endpoint = `http://127.0.0.1:${port}/devstoreaccount1`;
  const account = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;BlobEndpoint=${endpoint}`;
  const connection = `${account};AccountKey=${KEY}`;
  const witness = `${tools}/azure_witness.cjs`; // beside the packages that it needs
  await Deno.copyFile(new URL("azure_witness.cjs", import.meta.url), witness);
  await runTool("node", [witness, connection, "models", "create"]);
  const sas = await runTool("node", [witness, connection, "models", "sas"]);
  const wrong = new Uint8Array(64).toBase64();
  return {
    name: "az (Azurite)",
    base: "az://models/",
    options: reading({ AZURE_STORAGE_CONNECTION_STRING: connection }),
    sas: reading({ AZURE_STORAGE_CONNECTION_STRING: account, AZURE_STORAGE_SAS_TOKEN: sas }),
    strangers: {
      "a wrong key": reading({ AZURE_STORAGE_CONNECTION_STRING: `${account};AccountKey=${wrong}` }),
      "a wrong SAS": reading({
        AZURE_STORAGE_CONNECTION_STRING: account,
        AZURE_STORAGE_SAS_TOKEN: sas.replace(/sig=.{6}/, "sig=AAAAAA"),
      }),
      "nobody": reading({ AZURE_STORAGE_CONNECTION_STRING: account }),
    },
    secrets: [KEY.slice(0, 20), wrong.slice(0, 20), "sig="],
    witness: {
      async read(key) {
        const { stdout } = await new Deno.Command("node", { args: [witness, connection, "models", "read", key] })
          .output();
        return stdout;
      },
      async write(key, bytes) {
        const child = new Deno.Command("node", { args: [witness, connection, "models", "write", key], stdin: "piped" })
          .spawn();
        const writer = child.stdin.getWriter();
        await writer.write(bytes);
        await writer.close();
        await child.status;
      },
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(data, { recursive: true });
    },
  };
}

async function install(): Promise<string> {
  const folder = toolFolder(`azurite-${AZURITE}`);
  const done = `${folder}/installed-${SDK}`;
  if (await Deno.stat(done).then(() => true, () => false)) return folder;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, "{}");
  console.log(`installing azurite ${AZURITE} and @azure/storage-blob ${SDK} into ${folder}`);
  await runTool("npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    `azurite@${AZURITE}`,
    `@azure/storage-blob@${SDK}`,
  ], { cwd: folder });
  await Deno.writeTextFile(done, "");
  return folder;
}
