"""A voting ensemble asked with tensors; MLServer has none, so that ours is asked alone."""

import numpy as np
import tritonclient.http as triton

import harness
from harness import case, main

ALONE = "MLServer has no ensembles"


def ask(model, url):
    if url == harness.THEIRS:
        return ""
    given = triton.InferInput("x", [2, 1], "FP32")
    given.set_data_from_numpy(np.array([[1], [2]], dtype=np.float32))
    with triton.InferenceServerClient(harness.host(harness.ENSEMBLE)) as server:
        result = server.infer(model, [given])
    return [[each["name"], each["datatype"], list(result.as_numpy(each["name"]))] for each in result.get_response()["outputs"]]


@case("an ensemble's vote on tensors", [["output", "FP64", [2.5, 2.5]]], ALONE)
def vote(url):
    return ask("vote", url)


@case("a member of an ensemble", [["output", "INT64", [4, 4]]], ALONE)
def member(url):
    return ask("high", url)


main()
