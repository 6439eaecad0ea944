import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { Deployment } from "../../../../../lib/deploy/deployment.ts";
import { withDeployLab } from "../../../../support/deployed.ts";

const named = (child: string) =>
  `import { queue, serving } from "levada";
const fn = serving("-x").addChildFunction(${JSON.stringify(child)});
fn.setTopology("flow").to("tell", (n: number) => n).respond()
  .to("q", queue())
  .to("print", (n: number) => void console.log("printed", n), { function: ${JSON.stringify(child)} });
export default fn;
`;

Deno.test("functions run that are called as options, folders or the supervisor's log are; one that no file can be called as is refused", async () => {
  await withDeployLab(async (lab) => {
    const long = "n".repeat(201);
    await rejects(lab.deploy(named(long)), {
      name: "DeployError",
      message:
        `Cannot deploy "-x": function "${long}": its name stands for a file, in 1 to 200 bytes: this one has 201 bytes`,
    });
    for (const child of ["--port=1", "../supervisor"]) {
      await lab.deploy(named(child));
      strictEqual(await new Deployment("-x").invoke("/", 7), 7);
      const follow = new AbortController();
      for await (const line of new Deployment("-x").logs({ function: child, follow: true, signal: follow.signal })) {
        if (line === "printed 7") follow.abort();
      }
    }
    const { code, out } = await lab.levada("status", "--", "-x");
    deepStrictEqual(code, 0);
    match(out, /^-x: ready, /);
  });
});
