#!/usr/bin/env python3
"""What looking into the network costs: the first query against a restoration, further ones, maps of every pixel, and memory against pixels.

    attention.py GRL [--sizes 256,512,768] [--runs 5] [--model denoise-color-tiny]

Whole pictures (`--tile none`), runs of the commands interleaved. Prints medians, and the ratios of query and maps to the restoration.
Further queries are asked of an engine of its own (`grl engine --stdio` in a state folder that is thrown away), at other pixels of the
same tile: the time from the question to the answer, with the weights. So are whole-picture maps: of the last block, then of its single
heads and of other blocks, windows and stripes by turns.
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


def engine_times(grl, path, side, runs, model):
    """Milliseconds: of the first query and the further ones; of the first maps, of further heads and of further blocks."""
    job = {"inputs": [path], "task": "denoise", "model": model, "filters": "rggb", "isRecursive": False, "metadata": "keep", "depth": "keep",
           "existing": "refuse", "name": "{stem}_{task}.{ext}", "tile": {"whole": {}}, "usesSelfEnsemble": False}
    draw_place = random.Random(1)

    def timed(kind, order):
        start = time.monotonic()
        reply = engine.ask({kind: {"_0": job, "path": path, "_2": order}})
        return (time.monotonic() - start) * 1000, reply

    def maps(stage, block, head=None, window=False):
        order = {"kind": "maps", "x": side // 2, "y": side // 2, "stage": stage, "block": block, "isOfWindow": window, "hasBias": True,
                 "hasTemperature": True, "span": 128, "patch": 8, "square": 8, "steps": 32}
        if head is not None:
            order["head"] = head
        return timed("analysis", order)[0]

    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o700)
        engine = Engine(grl, home)
        first = maps(3, 3)
        heads = [maps(3, 3, number % 2, number % 4 < 2) for number in range(runs)]
        blocks = [maps(number // 4 % 4, number % 4, number % 2, number % 4 < 2) for number in range(runs)]
        engine.stop()
    times = []
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o700)
        engine = Engine(grl, home)
        for number in range(runs + 1):
            place = side // 2 if number == 0 else draw_place.randrange(side // 4, 3 * side // 4)
            taken, reply = timed("attention", {
                "x": place, "y": place, "stage": draw_place.randrange(4), "block": draw_place.randrange(4), "kind": "stripe",
                "hasBias": True, "hasTemperature": True, "isHalfScale": False})
            times.append(taken)
            if reply["attention"]["_0"]["isNewPass"] != (number == 0):
                print(f"query {number}: a forward pass was {'not ' if number == 0 else ''}made")
        engine.stop()
    return times[0], times[1:], first, heads, blocks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("grl")
    parser.add_argument("--sizes", default="256,512,768")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", default="denoise-color-tiny")
    options = parser.parse_args()
    grl = os.path.abspath(options.grl)
    with tempfile.TemporaryDirectory() as folder:
        for side in map(int, options.sizes.split(",")):
            path = os.path.join(folder, f"{side}.png")
            draw(path, side)
            middle = f"{side // 2},{side // 2}"
            place = [path, "--task", "denoise", "--model", options.model, "--tile", "none"]
            commands = {
                "restore": ["restore", *place, "-o", os.path.join(folder, "out.png"), "--overwrite"],
                "query": ["attention", *place, "--at", middle],
                "maps": ["attention", *place, "--kind", "maps"]}
            taken = {name: [] for name in commands}
            for _ in range(options.runs):
                for name, words in commands.items():
                    taken[name].append(run([grl] + words))
            plain = [seconds for seconds, _ in taken["restore"]]
            parts = []
            for name, runs in taken.items():
                seconds, memory = map(statistics.median, zip(*runs))
                ratio = statistics.median(a / b for (a, _), b in zip(runs, plain))
                parts.append(f"{name} {seconds:.2f} s, {memory:.0f} MB" + (f", ratio {ratio:.2f}" if name != "restore" else ""))
            print(f"{side} x {side}: " + "; ".join(parts), flush=True)
            first, further, maps, heads, blocks = engine_times(grl, path, side, 20, options.model)

            def spread(times):
                return f"{statistics.median(times):.1f} ms (slowest {max(times):.1f})"

            print(f"  engine: first query {first:.0f} ms, further {spread(further)}; first maps {maps:.0f} ms, a further head {spread(heads)}, "
                  f"a further block {spread(blocks)}", flush=True)


if __name__ == "__main__":
    main()
