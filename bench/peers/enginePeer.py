"""A peer of suite `engine`: `enginePeer.py FRAMEWORK FOLDER` trains the problem in FOLDER (bench/engine/problem.ts) with
AdamW. A line with a number asks for that many steps and is answered with milliseconds a step (and of
processor time); {"check": n} for the
losses of the first n steps from the first state; {"product": true} (JAX) for norm and projection of the Hessian times
the direction in the problem's data, by parameter."""

import json
import sys
import time
from pathlib import Path


def read_problem(folder):
    import numpy as np

    problem = json.loads((Path(folder) / "problem.json").read_text())
    data = (Path(folder) / "data.bin").read_bytes()

    def tensor(entry):
        count = int(np.prod(entry["shape"], dtype=np.int64))
        flat = np.frombuffer(data, dtype=entry["dtype"], count=count, offset=entry["offset"])
        return flat.reshape(entry["shape"]).copy()

    for group, entries in problem.pop("tensors").items():
        problem[group] = {name: tensor(entry) for name, entry in entries.items()}
    return problem


def main(framework, folder):
    try:
        if framework == "torch":
            from torchModels import Training
        else:
            from jaxModels import Training
        training = Training(read_problem(folder))
    except ImportError as error:
        print(json.dumps({"missing": f"{framework}: {error}"}), flush=True)
        return
    print(json.dumps({"ready": training.name}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if isinstance(request, dict) and "product" in request:
            print(json.dumps({"product": training.product()}), flush=True)
        elif isinstance(request, dict):
            training.restart()
            print(json.dumps({"losses": training.advance(request["check"])}), flush=True)
        else:
            begun, cpu_begun = time.perf_counter(), time.process_time()
            training.advance(request)
            wall, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
            print(json.dumps({"msPerStep": 1000 * wall / request, "cpuMsPerStep": 1000 * cpu / request}), flush=True)


main(*sys.argv[1:])
