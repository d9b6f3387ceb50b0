#!/usr/bin/env python3
"""What looking into the network costs: the first query against a restoration, further ones, and memory against pixels.

    attention.py GRL [--sizes 256,512,768] [--runs 5]

Whole pictures (`--tile none`), runs of both commands interleaved. Prints medians, and the ratio of the query to the restoration.
Further queries are asked of an engine of its own (`grl engine --stdio` in a state folder that is thrown away), at other pixels of the
same tile: the time from the question to the answer, with the weights.
"""
import argparse
import json
import os
import random
import statistics
import struct
import subprocess
import tempfile
import time
import zlib


def draw(path, side):
    """A PNG of repeated structure."""
    rows = b"".join(
        b"\0" + bytes(
            98 + x * 7 % 61 + (40 if (x // 12 + y // 18) % 2 else 0) * (c + 1) // 3 for x in range(side) for c in range(3))
        for y in range(side))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def run(command):
    """Seconds and peak memory in megabytes."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: {errors.decode()}")
    return time.monotonic() - start, usage.ru_maxrss / 1000


class Engine:
    """Asks one question at a time."""

    def __init__(self, grl, home):
        environment = dict(os.environ, XDG_STATE_HOME=home, XDG_RUNTIME_DIR=home, XDG_CONFIG_HOME=home)
        self.stop = lambda: subprocess.run([grl, "engine", "--stop"], env=environment, capture_output=True)
        self.child = subprocess.Popen(
            [grl, "engine", "--stdio"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.ask({"hello": {"client": "benchmark", "version": 1}})

    def read(self, count):
        data = self.child.stdout.read(count)
        if len(data) < count:
            raise SystemExit("the engine closed the connection")
        return data

    def ask(self, request):
        self.number += 1
        head = json.dumps({"id": self.number, "request": request}).encode()
        self.child.stdin.write(struct.pack("<II", len(head), 0) + head)
        self.child.stdin.flush()
        while True:
            head, body = struct.unpack("<II", self.read(8))
            answer = json.loads(self.read(head))
            self.read(body)
            if answer["id"] == self.number:
                if "failure" in answer["reply"]:
                    raise SystemExit(answer["reply"]["failure"])
                return answer["reply"]


def queries(grl, path, side, runs):
    """Milliseconds of the first query and the median of further ones."""
    job = {"inputs": [path], "task": "denoise", "variant": "tiny", "filters": "rggb", "isRecursive": False, "metadata": "keep", "depth": "keep",
           "existing": "refuse", "name": "{stem}_{task}.{ext}", "tile": {"automatic": {}}, "usesSelfEnsemble": False}
    draw_place = random.Random(1)
    times = []
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o700)
        engine = Engine(grl, home)
        for number in range(runs + 1):
            place = side // 2 if number == 0 else draw_place.randrange(side // 4, 3 * side // 4)
            order = {"x": place, "y": place, "stage": draw_place.randrange(4), "block": draw_place.randrange(4),
                     "kind": "stripe", "hasBias": True, "hasTemperature": True, "isHalfScale": False}
            start = time.monotonic()
            reply = engine.ask({"attention": {"_0": job, "path": path, "_2": order}})
            times.append((time.monotonic() - start) * 1000)
            if reply["attention"]["_0"]["isNewPass"] != (number == 0):
                print(f"query {number}: a forward pass was {'not ' if number == 0 else ''}made")
        engine.stop()
    return times[0], statistics.median(times[1:]), max(times[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("grl")
    parser.add_argument("--sizes", default="256,512,768")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    grl = os.path.abspath(options.grl)
    with tempfile.TemporaryDirectory() as folder:
        for side in map(int, options.sizes.split(",")):
            path = os.path.join(folder, f"{side}.png")
            draw(path, side)
            middle = f"{side // 2},{side // 2}"
            restored, looked = [], []
            for _ in range(options.runs):
                restored.append(run([
                    grl, "restore", "--task", "denoise", "--variant", "tiny", "--tile", "none", path, "-o", os.path.join(folder, "out.png"),
                    "--overwrite"]))
                looked.append(run([grl, "attention", path, "--task", "denoise", "--variant", "tiny", "--at", middle, "--tile", "none"]))
            (a, b), (c, d) = (map(statistics.median, zip(*runs)) for runs in (restored, looked))
            first, further, slowest = queries(grl, path, side, 20)
            ratios = [y[0] / x[0] for x, y in zip(restored, looked)]
            print(
                f"{side} x {side}: restore {a:.2f} s, {b:.0f} MB; query {c:.2f} s, {d:.0f} MB; ratio {statistics.median(ratios):.2f}; "
                f"engine: first {first:.0f} ms, further {further:.1f} ms, slowest {slowest:.1f} ms", flush=True)


if __name__ == "__main__":
    main()
