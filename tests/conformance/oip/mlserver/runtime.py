"""The models of served.ts for MLServer."""

import json
import os

import numpy
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceResponse, ResponseOutput


class Base(MLModel):
    async def load(self):
        return True

    def reply(self, payload, outputs):
        return InferenceResponse(id=payload.id, model_name=self.name, model_version=self.version, outputs=outputs)


def tensor(name, array):
    """NumpyCodec's own encoding makes a column of a vector."""
    made = NumpyCodec.encode_output(name, array)
    return ResponseOutput(name=name, shape=list(array.shape), datatype=made.datatype, data=made.data)


class Identity(Base):
    async def predict(self, payload):
        return self.reply(
            payload,
            [
                ResponseOutput(name=i.name.replace("INPUT", "OUTPUT"), shape=i.shape, datatype=i.datatype, data=i.data)
                for i in payload.inputs
            ],
        )


class AddSub(Base):
    async def predict(self, payload):
        given = {i.name: NumpyCodec.decode_input(i) for i in payload.inputs}
        if set(given) != {"INPUT0", "INPUT1"}:
            raise InferenceError("it takes INPUT0 and INPUT1")
        a, b = given["INPUT0"], given["INPUT1"]
        outputs = {"OUTPUT0": a + b, "OUTPUT1": a - b}
        asked = [o.name for o in payload.outputs] if payload.outputs else list(outputs)
        for name in asked:
            if name not in outputs:
                raise InferenceError(f"there is no output {name}")
        return self.reply(payload, [tensor(name, outputs[name]) for name in asked])


class Parameters(Base):
    async def predict(self, payload):
        told = {}
        for parameters in (payload.parameters, payload.inputs[0].parameters):
            told.update(parameters.model_dump(exclude_none=True) if parameters else {})
        told.pop("headers", None)
        lines = [f"{name}={json.dumps(told[name])}" for name in sorted(told)]
        return self.reply(payload, [ResponseOutput(name="told", shape=[len(lines)], datatype="BYTES", data=lines)])


class Length(Base):
    async def predict(self, payload):
        lengths = [len(text) for text in payload.inputs[0].data]
        return self.reply(payload, [ResponseOutput(name="length", shape=[1], datatype="INT32", data=lengths)])


class Sum(Base):
    async def predict(self, payload):
        sums = NumpyCodec.decode_input(payload.inputs[0]).sum(axis=1) + 0.5
        return self.reply(payload, [tensor("output", sums)])


class Failing(Base):
    async def predict(self, payload):
        raise ValueError("it broke")


class Iris(Base):
    async def load(self):
        self.session = onnxruntime.InferenceSession(os.environ["OIP_MODELS"] + "iris_forest.onnx")
        return True

    async def predict(self, payload):
        rows = NumpyCodec.decode_input(payload.inputs[0]).astype(numpy.float32)
        names = [output.name for output in self.session.get_outputs()]
        asked = [o.name for o in payload.outputs] if payload.outputs else names
        values = dict(zip(names, self.session.run(names, {"X": rows})))
        return self.reply(payload, [tensor(name, values[name]) for name in asked])
