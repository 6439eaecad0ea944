"""Trains the two iris models of the notebooks and writes them here as ONNX, with what scikit-learn itself answered.

    python3 -m venv .venv && .venv/bin/pip install scikit-learn==1.9.1 skl2onnx==1.20.0 onnxruntime==1.32.0
    .venv/bin/python notebooks/models/train_iris.py

The .json beside each model holds all 150 rows, scikit-learn's labels and probabilities, and the largest difference that
onnxruntime showed. Every third row is left out of the training, so that the models disagree on some rows.
"""

import json
import pathlib

import numpy as np
import onnxruntime
import sklearn
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).parent


def main():
    rows, classes = load_iris(return_X_y=True)
    rows = np.round(rows, 1)
    taught = np.arange(len(rows)) % 3 != 0
    models = {
        "iris_logreg": LogisticRegression(max_iter=1000, C=0.5),
        "iris_forest": RandomForestClassifier(n_estimators=10, max_depth=3, random_state=7),
    }
    for name, model in models.items():
        model.fit(rows[taught], classes[taught])
        export(name, model, rows)


def export(name, model, rows):
    options = {id(model): {"zipmap": False}}  # probabilities as a tensor, not as a list of maps
    raw = to_onnx(model, rows[:1].astype(np.float32), options=options, target_opset=15).SerializeToString()
    (HERE / f"{name}.onnx").write_bytes(raw)
    session = onnxruntime.InferenceSession(raw, providers=["CPUExecutionProvider"])
    labels, probabilities = session.run(None, {session.get_inputs()[0].name: rows.astype(np.float32)})
    expected = model.predict_proba(rows)
    answers = {
        "name": name,
        "trained_by": f"scikit-learn {sklearn.__version__}, {type(model).__name__}",
        "inputs": rows.tolist(),
        "labels": model.predict(rows).tolist(),
        "probabilities": expected.tolist(),
        "labels_differ": int((labels != model.predict(rows)).sum()),
        "largest_difference": float(np.abs(probabilities - expected).max()),
    }
    (HERE / f"{name}.json").write_text(json.dumps(answers))
    print(name, "differs in", answers["labels_differ"], "labels, at most", answers["largest_difference"])


if __name__ == "__main__":
    main()
