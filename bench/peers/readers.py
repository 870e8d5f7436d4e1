"""`readers.py FORMAT FILE`: reads every point of one file with the producer's own classes, and prints what it took.

tfevents: tensorboard's EventAccumulator, keeping every point (checks both checksums, in Python). wandb: the framing by hand, as wandb's own Python
reader did it while it existed, checksums by zlib, records by wandb's protobuf classes. lm-eval: every JSON file of the file's folder, each metric with its
standard error.
"""
import glob
import json
import os
import resource
import struct
import sys
import time
import zlib


def read_tfevents(path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    begun = time.perf_counter()
    events = EventAccumulator(path, size_guidance={"scalars": 0})
    events.Reload()
    points, total = 0, 0.0
    for tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            points += 1
            total += event.value
    return begun, points, total


def records(data):
    at, size, joined = 7, len(data), b""
    while True:
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        if at + 7 > size:
            return
        crc, length, kind = struct.unpack_from("<IHB", data, at)
        end = at + 7 + length
        if end > size or zlib.crc32(data[at + 6 : end]) != crc:
            return
        part = data[at + 7 : end]
        at = end
        joined = part if kind in (1, 2) else joined + part
        if kind in (1, 4):
            yield joined


def read_wandb(path):
    from wandb.proto import wandb_internal_pb2

    begun = time.perf_counter()
    points, total = 0, 0.0
    columns = {}
    with open(path, "rb") as file:
        data = file.read()
    for bytes_ in records(data):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(bytes_)
        if record.WhichOneof("record_type") != "history":
            continue
        step = record.history.step.num
        for item in record.history.item:
            name = item.key or ".".join(item.nested_key)
            if name.startswith("_"):
                continue
            number = json.loads(item.value_json)
            columns.setdefault(name, []).append((step, number))
            points += 1
            total += number
    return begun, points, total


def read_lm_eval(path):
    begun = time.perf_counter()
    points, total = 0, 0.0
    rows = []
    for name in sorted(glob.glob(os.path.join(os.path.dirname(path), "*.json"))):
        with open(name) as file:
            document = json.load(file)
        for task, metrics in document["results"].items():
            for metric, value in metrics.items():
                if metric.endswith("_stderr"):
                    continue
                rows.append((name, task, metric, value, metrics.get(metric + "_stderr")))
                points += 1
                total += value
    return begun, points, total


try:
    begun, points, total = {"tfevents": read_tfevents, "wandb": read_wandb, "lm-eval": read_lm_eval}[sys.argv[1]](sys.argv[2])
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit(0)
elapsed = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": elapsed * 1000, "points": points, "sum": total, "peakMiB": peak}))
