"""What a whole picture costs beyond its network: start, decoding, tiles, blending, encoding.

    python3 whole_picture.py GRL PHOTO.png [--size 6000x4000] [--model denoise-color-tiny] [--tile 256] [--starts 9]

PHOTO is repeated to the size, by `grl restore`'s own formats (a PNG of 8 bits). Shown are, in one run: the time to the plan and to the
end of a picture of one tile, the latter less the pass of the network in it; the whole picture, and of it what is not network: before
the first tile, between tiles, after the last. The network's own time is `grl bench` of the same model at the size of a tile, before and
after, so that a machine that slows down meanwhile shows. Needs numpy and Pillow.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("grl")
parser.add_argument("photo")
parser.add_argument("--size", default="6000x4000")
parser.add_argument("--model", default="denoise-color-tiny")
parser.add_argument("--tile", type=int, default=256)
parser.add_argument("--starts", type=int, default=9)
options = parser.parse_args()
width, height = (int(n) for n in options.size.split("x"))


def picture(path, width, height):
    photo = np.asarray(Image.open(options.photo).convert("RGB"))
    rows, columns = -(-height // photo.shape[0]), -(-width // photo.shape[1])
    Image.fromarray(np.tile(photo, (rows, columns, 1))[:height, :width]).save(path, compress_level=1)


def restore(source, folder):
    """Seconds to each event, and the events."""
    start = time.perf_counter()
    command = [options.grl, "restore", "--task", "denoise", "--model", options.model, "--tile", str(options.tile), "--events", "ndjson",
               source, "-o", os.path.join(folder, "out.png"), "--overwrite"]
    events = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            events.append((time.perf_counter() - start, json.loads(line)))
    if process.returncode:
        raise SystemExit(f"grl restore failed with {process.returncode}")
    return events, time.perf_counter() - start


def network():
    """Seconds of one tile."""
    command = [options.grl, "bench", "--model", options.model, "--size", str(options.tile), "--runs", "7", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


with tempfile.TemporaryDirectory() as folder:
    source = os.path.join(folder, "in.png")
    picture(source, options.tile, options.tile)
    before = network()
    pass_ = statistics.median(before["seconds"])
    runs = [restore(source, folder) for _ in range(options.starts)]
    plans = [next(t for t, e in events if e["event"] == "picture") for events, _ in runs]
    starts = [seconds - pass_ for _, seconds in runs]
    print(f"start, decoding, plan and weights before the first tile: {statistics.median(plans) * 1000:.0f} ms "
          f"({min(plans) * 1000:.0f} to {max(plans) * 1000:.0f})")
    print(f"one tile of {options.tile}: {pass_ * 1000:.0f} ms of network; start, decoding, encoding and exit beside it "
          f"{statistics.median(starts) * 1000:.0f} ms ({min(starts) * 1000:.0f} to {max(starts) * 1000:.0f})")
    picture(source, width, height)
    events, whole = restore(source, folder)
    after = network()
    tile = statistics.median(before["seconds"] + after["seconds"])
    tiles = next(e["tiles"] for _, e in events if e["event"] == "picture")
    steps = [t for t, e in events if e["event"] == "progress" and e["tilesDone"] > 0]
    print(f"{width} x {height}: {whole:.1f} s, {tiles} tiles of {tile * 1000:.0f} ms by `grl bench` "
          f"({statistics.median(before['seconds']) * 1000:.0f} before, {statistics.median(after['seconds']) * 1000:.0f} after): "
          f"{tiles * tile:.1f} s of network, {100 * (whole / (tiles * tile) - 1):.1f} % beside it")
    print(f"first tile done after {steps[0] * 1000:.0f} ms, end {(whole - steps[-1]) * 1000:.0f} ms after the last")
