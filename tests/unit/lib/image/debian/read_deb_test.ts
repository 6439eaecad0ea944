import { deepStrictEqual, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readDeb } from "../../../../../lib/image/debian/read_deb.ts";
import { readAr } from "../../../../../lib/image/debian/read_ar.ts";
import { makeDeb, writeAr } from "../../../../support/debian_package.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
/** An archive with `./usr/bin/tool`, packed by Python's lzma. */
const XZ = Buffer.from(
  "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4Cf/AGVdABcLyyeJ8u0IBPB48MpMIj4QX/wNRZ5F3aqolbx1LeV4mP8toqX6tTR/qIrY7J4xNLrso8Nlx7C4xd+4RJI1/B6UCympiyyVVdsa5WOF74TycMXOEPNVbCcx6+EOZwxW0prIXT4AAAAAAIaUs0IAAX2AUAAAAPJ1Ag4+MA2LAgAAAAABWVo=",
  "base64",
);
const TOOL = { kind: "file", path: "usr/bin/tool", bytes: bytes("hi\n"), isProgram: true } as const;

async function withData(name: string, data: Uint8Array): Promise<Uint8Array> {
  const members = readAr("try", await makeDeb([]));
  members.delete("data.tar.gz");
  return writeAr(members.set(name, data));
}

Deno.test("readDeb() reads packages that are packed by xz and gzip", async () => {
  const { control, entries } = await readDeb("try", await withData("data.tar.xz", XZ));
  deepStrictEqual([new TextDecoder().decode(control), entries], ["Package: try\n", [TOOL]]);
  const own = await readDeb("try", await makeDeb([TOOL]));
  deepStrictEqual(own.entries.filter(({ kind }) => kind === "file"), [TOOL]);
});

Deno.test("readDeb() refuses what is broken, whatever part of it is", async () => {
  const broken = XZ.slice();
  broken[40]! ^= 0xff;
  const lacking = async (name: string) => {
    const members = readAr("try", await makeDeb([TOOL]));
    members.delete(name);
    return writeAr(members);
  };
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [new Uint8Array(), /archive of ar: it is empty/],
    [writeAr(new Map()), /no package of format 2/],
    [writeAr(new Map([["debian-binary", bytes("3.0\n")]])), /no package of format 2/],
    [await lacking("data.tar.gz"), /has no data.tar$/],
    [await lacking("control.tar.gz"), /has no control.tar$/],
    [await withData("data.tar.xz", XZ.subarray(0, 60)), /data.tar.xz is broken, or cut off/],
    [await withData("data.tar.xz", broken), /data.tar.xz is broken, or cut off/],
    [await withData("data.tar.xz", new Uint8Array()), /data.tar.xz is broken, or cut off/],
    [await withData("data.tar.gz", bytes("no gzip")), /data.tar.gz is broken, or cut off/],
    [await withData("data.tar.lzma", XZ), /packed by .lzma, and only .gz and .xz can be read/],
    [await withData("data.tar", bytes("no archive")), /the archive is broken, or cut off/],
  ];
  for (const [deb, message] of cases) await rejects(readDeb("try", deb), { name: "ImageError", message });
});
