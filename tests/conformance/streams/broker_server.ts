import { cleanUpAtInterrupt } from "../../support/at_interrupt.ts";

/** A broker of other people, started by its script in `tests/support/brokers` in a folder of its own. */
export class BrokerServer implements AsyncDisposable {
  /** Such as `redis://127.0.0.1:28173`. */
  readonly address: string;
  readonly folder: string;
  readonly #name: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #atInterrupt = cleanUpAtInterrupt(() => this.#putAway());

  private constructor(
    { address, folder, name, environment }: {
      address: string;
      folder: string;
      name: string;
      environment: Readonly<Record<string, string>>;
    },
  ) {
    this.address = address;
    this.folder = folder;
    this.#name = name;
    this.#environment = environment;
  }

  /**
   * Starts one. Fails with what the script says where it cannot be had, and leaves nothing then.
   *
   * @param settings Texts of files, by the variables that tell the script of them; they go with the folder.
   */
  static async start(
    name: string,
    environment: Readonly<Record<string, string>> = {},
    settings: Readonly<Record<string, string>> = {},
  ): Promise<BrokerServer> {
    const folder = await Deno.makeTempDir({ prefix: `levada-${name}-` });
    const files: Record<string, string> = {};
    try {
      for (const [variable, text] of Object.entries(settings)) {
        files[variable] = `${folder}/${variable}`;
        await Deno.writeTextFile(files[variable], text);
      }
      const all = { ...environment, ...files };
      const address = await runScript(name, all, ["up", folder, "0"]);
      return new BrokerServer({ address, folder, name, environment: all });
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  get port(): number {
    return Number(this.address.split(":").at(-1));
  }

  /** Starts it again where it was: the same port, what it kept. */
  async up(): Promise<void> {
    await runScript(this.#name, this.#environment, ["up", this.folder]);
  }

  /** Stops it; what it keeps stays. */
  async down(): Promise<void> {
    await runScript(this.#name, this.#environment, ["down", this.folder]);
  }

  /** Ends it as a kill does; `up` starts it again. */
  async kill(): Promise<void> {
    await this.signal("SIGKILL");
  }

  /** As to stand still, `SIGSTOP`, and to go on, `SIGCONT`. */
  async signal(signal: Deno.Signal): Promise<void> {
    const [pid] = (await Deno.readTextFile(`${this.folder}/pid`)).split(" ");
    Deno.kill(Number(pid), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#putAway();
    this.#atInterrupt[Symbol.dispose]();
  }

  async #putAway(): Promise<void> {
    await this.down();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function runScript(
  name: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const script = new URL(`../../support/brokers/${name}`, import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command("bash", { args: [script, ...args], env: { ...env } })
    .output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).trim());
  return decoder.decode(stdout).trim();
}
