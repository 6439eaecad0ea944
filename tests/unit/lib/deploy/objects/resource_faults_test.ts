import { deepStrictEqual } from "node:assert/strict";
import { faultsOfResources } from "../../../../../lib/deploy/objects/resource_faults.ts";

const told = (resources: object) => faultsOfResources(resources);

Deno.test("faultsOfResources() has nothing against quantities", () => {
  deepStrictEqual(told({}), []);
  for (const cpu of [0.1, 2, "500m", "1e-1", "+1", undefined]) deepStrictEqual(told({ cpu }), []);
  for (const memory of ["512Mi", "2Gi", "1e9", "1Mi", "500M"]) deepStrictEqual(told({ memory, gpu: 1 }), []);
});

Deno.test("faultsOfResources() names each that is none, with what it must be", () => {
  for (const cpu of [-1, 0, NaN, "half", "", "1.2.3", null]) {
    deepStrictEqual(told({ cpu }), [
      `resources.cpu is ${JSON.stringify(cpu)}, and must be cores above 0, such as 0.5 or "500m"`,
    ]);
  }
  for (const memory of ["512MB", "512m", "lots", "-1Gi", "512mb", 512, ""]) {
    deepStrictEqual(told({ memory }), [
      `resources.memory is ${JSON.stringify(memory)}, and must be a text such as "512Mi" or "2Gi", 1Mi at least`,
    ]);
  }
  for (const gpu of [0.5, -1, "1"]) {
    deepStrictEqual(told({ gpu }), [`resources.gpu is ${JSON.stringify(gpu)}, and must be a whole number from 0`]);
  }
  deepStrictEqual(told({ mem: "1Gi" }), ["there is no resources.mem; there are cpu, memory, gpu"]);
});
