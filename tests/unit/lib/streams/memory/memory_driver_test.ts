import { testStreams } from "../../../../conformance/streams/contract.ts";
import { openMemoryLab } from "../../../../conformance/streams/memory_lab.ts";

testStreams("MemoryDriver", openMemoryLab, { listsNoGroups: true });
