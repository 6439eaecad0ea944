import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { csvRecord, matchCsvRecord } from "../../../../lib/stores/csv_record.ts";

const COMMA = { delimiter: "," };

Deno.test("csvRecord() quotes what would be read as something else, and tells null from an empty text", () => {
  strictEqual(
    csvRecord(["a", 'say "b"', "c,d", "e\nf", " g", "", null], COMMA),
    'a,"say ""b""","c,d","e\nf"," g","",\n',
  );
  strictEqual(csvRecord(["a,b", "c;d"], { delimiter: ";" }), 'a,b;"c;d"\n');
  strictEqual(csvRecord([null], COMMA), "\n");
});

Deno.test("matchCsvRecord() reads the first record as csvRecord() wrote it", () => {
  const fields = ["a", 'say "b"', "c,d", "e\r\nf", " g ", "", "|."];
  for (const delimiter of [",", ";", "\t", "|", "."]) {
    deepStrictEqual(matchCsvRecord(csvRecord(fields, { delimiter }) + "next", { delimiter }), fields);
  }
  deepStrictEqual(matchCsvRecord("\ufeffa,b\r\n1,2", COMMA), ["a", "b"]);
  deepStrictEqual(matchCsvRecord("a", COMMA), ["a"]);
  strictEqual(matchCsvRecord('a,"b\n1,2', COMMA), undefined);
});
