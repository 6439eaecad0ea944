import { testStreams } from "../../../../conformance/streams/contract.ts";
import { openLocalLab } from "../../../../conformance/streams/local_lab.ts";

testStreams("LocalDriver", openLocalLab);
