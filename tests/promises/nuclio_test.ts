/** Target `nuclio` from the command line, at a fake dashboard: see support/fake_nuclio_dashboard.ts. */

import { deepStrictEqual, match } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FakeNuclioDashboard } from "../support/fake_nuclio_dashboard.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("levada deploy, status, logs, rollback and delete with --target nuclio, by exit codes and words", async () => {
  const fake = new FakeNuclioDashboard();
  await using server = fake.serve();
  await using folder = await temporaryFolder();
  const module = join(folder.path, "shop.ts");
  const write = async (factor: number) =>
    await Deno.writeTextFile(
      module,
      `import { serving } from "levada";
const fn = serving("shop");
fn.setTopology("flow").to("times", (n: number) => n * ${factor}).respond();
export default fn;
`,
    );
  const levada = async (...words: string[]): Promise<[code: number, out: string]> => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--lock=deno.lock", "-A", "lib/cli/main.ts", ...words],
      cwd: ROOT,
      env: {
        NO_COLOR: "1",
        SHOP_DASHBOARD: "of-the-dashboard",
        LEVADA_NUCLIO_DASHBOARD: server.url,
        LEVADA_STATE: join(folder.path, "state"),
      },
    }).output();
    return [code, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)];
  };
  const nuclio = ["--target", "nuclio"];

  await write(2);
  const [none, without] = await levada("deploy", module, ...nuclio);
  match(without, /it needs an image that has the bundle in it: `levada image` makes one/);
  const [where, refused] = await levada("deploy", module, ...nuclio, "--image", "a:1", "--project", "nobody");
  match(refused, /Nuclio has no project "nobody"/);
  const [, foreign] = await levada("deploy", module, "--dashboard", server.url);
  match(foreign, /--dashboard is for --target nuclio/);
  const [dry, planned] = await levada("deploy", module, ...nuclio, "--image", "levada/good:1", "--dry-run");
  match(planned, /function shop: new, levada\/good:1/);
  deepStrictEqual([none, where, dry, fake.functions.size], [1, 1, 0, 0]);

  const [first, told] = await levada("deploy", module, ...nuclio, "--image", "levada/good:1");
  match(told, /shop: starting …[^]*shop: ready, http:\/\/nuclio-shop[^]*shop: ready, /);
  await write(3);
  const [broken, why] = await levada("deploy", module, ...nuclio, "--image", "levada/none:1");
  match(why, /function "shop" is unhealthy: Failed to pull image "levada\/none:1"/);
  const [second] = await levada("deploy", module, ...nuclio, "--image", "levada/good:2");
  deepStrictEqual([first, broken, second, fake.functions.get("shop").spec.image], [0, 1, 0, "levada/good:2"]);

  const [back] = await levada("rollback", "shop", ...nuclio);
  deepStrictEqual([back, fake.functions.get("shop").spec.image], [0, "levada/good:1"]);
  const [status, state] = await levada("status", "shop", ...nuclio);
  match(state, /^shop: ready, http:\S+, revision [0-9a-f]{12}, before [0-9a-f]{12}\n {2}shop {2}ready {2}1 pod /);
  const [logs, lines] = await levada("logs", "shop", ...nuclio, "--lines", "1");
  deepStrictEqual([logs, lines], [0, `{"message":"listening"}\n`]);
  fake.hinder = ({ path }) => path.includes("/logs/") ? new Response("a\tb\x1b[2J\r\n") : undefined;
  deepStrictEqual(await levada("logs", "shop", ...nuclio), [0, "a\tb\\u001b[2J\\r\n"], "no line moves the cursor");
  fake.hinder = undefined;
  const [gone] = await levada("delete", "shop", ...nuclio);
  const [absent, missing] = await levada("status", "shop", ...nuclio);
  match(missing, /Nuclio has no function of it in project "default"\. Deploy it first/);
  deepStrictEqual([status, gone, absent, fake.functions.size], [0, 0, 1, 0]);

  fake.hinder = ({ headers }) =>
    headers.get("authorization") === "Bearer of-the-dashboard"
      ? undefined
      : Response.json({ error: "no" }, { status: 401 });
  const [unknown, whom] = await levada("deploy", module, ...nuclio, "--image", "levada/good:1");
  match(whom, /answers 401: no\. Name a secret that it takes by `token`/);
  const login = ["--token", "SHOP_DASHBOARD"];
  const more = ["--node-port", "--no-mirror-schedules", "--invoke-url", "http://localhost:7777"];
  const [known, place] = await levada("deploy", module, ...nuclio, ...login, ...more, "--image", "levada/good:1");
  match(place, /^shop: ready, http:\/\/localhost:7777, revision/m);
  const [, next] = /^How it is: levada (status .*); so also logs/m.exec(place)!;
  deepStrictEqual((await levada(...next!.split(" ")))[0], 0, "what it says to do next leads there");
  deepStrictEqual(fake.functions.get("shop").spec.triggers.http.attributes.serviceType, "NodePort");
  const [asked] = await levada("status", "shop", ...nuclio, ...login);
  const [nobody, lacking] = await levada("status", "shop", ...nuclio, "--token", "NOBODY");
  match(lacking, /there is no secret "NOBODY", which is named as its token/);
  const [wrong, url] = await levada("deploy", module, ...nuclio, "--invoke-url", "localhost");
  match(url, /--invoke-url takes a url, as http:\/\/localhost:8080: got "localhost"/);
  const [elsewhere, whose] = await levada("deploy", module, "--target", "kubernetes", "--node-port");
  match(whose, /--node-port is for --target nuclio/);
  deepStrictEqual([unknown, known, asked, nobody, wrong, elsewhere], [1, 0, 0, 1, 2, 2]);
});
