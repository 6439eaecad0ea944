import { reading, runTool, type StoreLab } from "./store_lab.ts";

const SCRIPT = new URL("../../support/brokers/s3", import.meta.url).pathname;

/** versitygw, an S3 server that checks signatures; its objects are plain files. */
export async function openS3Lab(): Promise<StoreLab & { restart(isUp: boolean): Promise<void> }> {
  const folder = await Deno.makeTempDir({ prefix: "levada-s3-" });
  const endpoint = await runTool("bash", [SCRIPT, "up", folder, "0"]);
  const login = { AWS_ACCESS_KEY_ID: "levada", AWS_SECRET_ACCESS_KEY: "levada-secret", AWS_ENDPOINT_URL: endpoint };
  const fileOf = (key: string) => `${folder}/data/levada/${key}`;
  return {
    name: "s3 (versitygw)",
    base: "s3://levada/",
    options: reading(login),
    strangers: {
      "a wrong key": reading({ ...login, AWS_SECRET_ACCESS_KEY: "wrong-secret-key" }),
      "an unknown user": reading({ ...login, AWS_ACCESS_KEY_ID: "nobodyknows" }),
      "nobody": reading({ AWS_ENDPOINT_URL: endpoint }),
    },
    secrets: ["levada-secret", "wrong-secret-key", "nobodyknows"],
    witness: {
      read: (key) => Deno.readFile(fileOf(key)),
      async write(key, bytes) {
        await Deno.mkdir(fileOf(key).replace(/\/[^/]*$/, ""), { recursive: true });
        await Deno.writeFile(fileOf(key), bytes);
      },
    },
    async restart(isUp) {
      await runTool("bash", [SCRIPT, isUp ? "up" : "down", folder]);
    },
    async [Symbol.asyncDispose]() {
      await runTool("bash", [SCRIPT, "down", folder]);
      await Deno.remove(folder, { recursive: true });
    },
  };
}
