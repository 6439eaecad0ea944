"""Trains for MLServer what notebooks/models/iris_logreg.onnx was exported from, and writes its settings: FOLDER PORT."""

import json
import pathlib
import sys

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
features, classes = load_iris(return_X_y=True)
joblib.dump(LogisticRegression(max_iter=1000).fit(features, classes), folder / "iris.joblib")
(folder / "settings.json").write_text(json.dumps({
    "parallel_workers": 0,  # one process: its fastest way for a small model
    "http_port": port, "grpc_port": port + 1, "metrics_port": port + 2,
    "host": "127.0.0.1", "debug": False, "logging_settings": None, "use_structured_logging": False,
}))
(folder / "model-settings.json").write_text(json.dumps({
    "name": "iris", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": "./iris.joblib"},
}))
