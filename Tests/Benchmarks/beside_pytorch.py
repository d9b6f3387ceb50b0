"""Times `grl bench` and the PyTorch network on the same model, weights and picture size, turn and turn about.

    python beside_pytorch.py --peers FOLDER [--grl .build/release/grl] [--model tiny_dn] [--size 256] [--threads 2] [--rounds 5]

FOLDER holds bench_one.py (needs torch, numpy). Each round starts one process of each, so that a busy moment meets both. Prints
medians, spread, peak memory and ratios. PyTorch gets the allocator settings under which it is fastest.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

MODELS = {"tiny_dn": ["--task", "denoise", "--variant", "tiny"], "small_dn": ["--task", "denoise", "--variant", "small"],
          "base_dn": ["--task", "denoise", "--variant", "base"], "tiny_sr4": ["--task", "sr", "--scale", "4", "--variant", "tiny"]}

parser = argparse.ArgumentParser()
parser.add_argument("--peers", required=True)
parser.add_argument("--grl", default=".build/release/grl")
parser.add_argument("--model", default="tiny_dn", choices=MODELS)
parser.add_argument("--size", type=int, default=256)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=5)
options = parser.parse_args()


def run(command, **environment):
    output = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment}).stdout
    return json.loads(output.strip().splitlines()[-1])


def show(name, seconds, megabytes):
    middle = statistics.median(seconds)
    print(f"{name:8} median {middle:.3f} s of {len(seconds)}, {min(seconds):.3f} to {max(seconds):.3f}; peak {megabytes:.0f} MB")
    return middle


ours, theirs, our_peak, their_peak = [], [], 0, 0
for _ in range(options.rounds):
    result = run([options.grl, "bench", *MODELS[options.model], "--size", str(options.size), "--threads", str(options.threads),
                  "--runs", "2", "--json"])
    ours += result["seconds"]
    our_peak = max(our_peak, result["peakBytes"] / 1e6)
    result = run([sys.executable, os.path.join(options.peers, "bench_one.py"), "ours", options.model, str(options.size),
                  "--threads", str(options.threads), "--runs", "2"],
                 MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_="100000000000")
    theirs += result["seconds"]
    their_peak = max(their_peak, result["peak_rss_mb"])
a, b = show("grl", ours, our_peak), show("PyTorch", theirs, their_peak)
print(f"{options.model} at {options.size} x {options.size}, {options.threads} threads: {b / a:.2f} times as fast, "
      f"{our_peak / their_peak:.3f} of the memory; load average {os.getloadavg()[0]:.1f}")
