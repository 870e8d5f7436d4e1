"""ruptures' Pelt on the same series. Reads {"series": [[...], ...], "penalties": [...]} a line, answers with
{"changes": [[index, ...], ...], "seconds": s}."""

import json
import sys
import time

try:
    import numpy as np
    import ruptures
except ImportError as error:
    print(json.dumps({"missing": f"ruptures: {error}"}), flush=True)
    sys.exit(0)

print(json.dumps({"ready": f"ruptures {ruptures.__version__.lstrip('v')} Pelt"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    began = time.perf_counter()
    changes = []
    for values, penalty in zip(request["series"], request["penalties"]):
        signal = np.asarray(values, dtype=float).reshape(-1, 1)
        found = ruptures.Pelt(model="l2", jump=1, min_size=2).fit(signal).predict(pen=penalty)
        changes.append(found[:-1])
    print(json.dumps({"changes": changes, "seconds": time.perf_counter() - began}), flush=True)
