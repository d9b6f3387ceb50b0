#!/usr/bin/env python3
"""Writes the two pictures of this folder and values.json: what `grl evaluate --baseline-only` must say of them.

    Tests/Fixtures/metrics/generate.py names the packages to install; then   python -O Tests/Fixtures/protocol/generate.py
    (without -O, a tie in a luma that is not asked for here ends it)

A small stand-in for the papers' test sets, which are no part of the project: every rule that makes the test input (Matlab's bicubic
reduction, Gaussian noise by three seeds, JPEG, a mosaic) and measures it (luma, shaving, three SSIMs), put together from the
independent implementations of `degradation/generate.py` and `metrics/generate.py`.
"""
import hashlib
import importlib.util
import json
import pathlib

import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
SAMPLES = FOLDER.parents[2] / "Samples"


def module(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER.parent / name / "generate.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


degradation, metrics = module("degradation"), module("metrics")
SET = "protocol"
# 52 x 44 pixels are no multiple of 3, so that cropping counts.
PICTURES = {"gates.png": ("torii_gates.png", 150, 100), "facade.png": ("lattice_facade.png", 96, 80)}


def to_levels(x):
    return np.floor(np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)


def cut(rgb, multiple):
    return rgb[:rgb.shape[0] // multiple * multiple, :rgb.shape[1] // multiple * multiple]


def super_resolution(rgb, scale):
    height, width = rgb.shape[0] // scale, rgb.shape[1] // scale
    target = rgb[:height * scale, :width * scale]
    small = degradation.resize_levels(target, height, width, 8) / 255.0
    return target, to_levels(degradation.resize(small, height * scale, width * scale))


def noisy(rgb, name, rules, sigma=25):
    rgb = cut(rgb, 8) if rules == "grl" else rgb
    digest = hashlib.sha256(f"{SET}/{name}".encode()).digest()
    generator = np.random.RandomState(np.frombuffer(digest, np.uint32) if rules == "grl" else 0)
    height, width, _ = rgb.shape
    if rules == "grl":
        noise = generator.normal(0, sigma / 255, (3, height, width)).transpose(1, 2, 0)
    else:
        noise = generator.normal(0, sigma / 255, (height, width, 3))
        noise = noise[..., ::-1] if rules == "basicsr" else noise
    return rgb, to_levels((rgb / np.float32(255)).astype(np.float32) + noise.astype(np.float32))


def interpolated(rgb, rules):
    """Malvar's interpolation of an RGGB mosaic, as in degradation/generate.py."""
    rgb = cut(rgb, 8 if rules == "grl" else 2)
    is_colour = {c: np.zeros(rgb.shape[:2], bool) for c in "rgb"}
    for i, c in enumerate("rggb"):
        is_colour[c][i // 2::2, i % 2::2] = True
    mosaic = sum(rgb[..., i] / 255.0 * is_colour[c] for i, c in enumerate("rgb"))
    f = lambda kernel: degradation.ndimage.convolve(mosaic, kernel, mode="mirror")
    green, in_row = f(degradation.GREEN), f(degradation.IN_ROW)
    in_column, opposite = f(degradation.IN_ROW.T), f(degradation.OPPOSITE)
    red_row = is_colour["r"].any(1, keepdims=True) & np.ones_like(is_colour["r"])
    out = np.zeros(rgb.shape)
    out[..., 1] = np.where(is_colour["g"], mosaic, green)
    for i, c, row in ((0, "r", red_row), (2, "b", ~red_row)):
        out[..., i] = np.where(is_colour[c], mosaic, np.where(is_colour["g"], np.where(row, in_row, in_column), opposite))
    return rgb, to_levels(out)


def gray_jpeg(rgb, quality):
    """Through a gray JPEG; luma as Matlab's rgb2ycbcr has it, rounded."""
    luma = np.round(16 + rgb @ np.array([65.481, 128.553, 24.966]) / 255).astype(np.uint8)
    return luma, degradation.through_jpeg(luma, quality)


def measures(target, seen, rules, shave, luma):
    inside = "matlab" if rules == "grl" else rules
    suffix = "-y" if luma else ""
    return {"psnr": metrics.measure(target, seen, rules, shave)["psnr" + suffix],
            "ssim": metrics.measure(target, seen, inside, shave)["ssim" + suffix],
            "ssim-padded": metrics.measure(target, seen, "grl", shave)["ssim" + suffix]}


def main():
    pictures = {}
    for name, (sample, x, y) in PICTURES.items():
        pictures[name] = np.asarray(Image.open(SAMPLES / sample).convert("RGB"))[y:y + 44, x:x + 52].copy()
        metrics.write_png(FOLDER / name, pictures[name])
    cases = []
    for rules in ("grl", "matlab", "basicsr"):
        jobs = [(["sr", "--scale", str(s)], lambda p, _, s=s: super_resolution(p, s), s, True) for s in (2, 3, 4)]
        jobs += [(["denoise", "--sigma", "25"], lambda p, name: noisy(p, name, rules), 0, False)]
        jobs += [(["jpeg", "--quality", str(q)], lambda p, _, q=q: (p, degradation.through_jpeg(p, q)), 0, False) for q in (10, 40)]
        jobs += [(["demosaic"], lambda p, _: interpolated(p, rules), 0, False)]
        for task, make, shave, luma in jobs:
            found = [measures(*make(picture, name), rules, shave, luma) for name, picture in pictures.items()]
            cases.append({"rules": rules, "task": task, "values": {key: float(np.mean([f[key] for f in found])) for key in found[0]}})
    # LIVE1 by its name: gray pictures are Matlab's luma there.
    for quality in (10, 40):
        found = [measures(*gray_jpeg(picture, quality), "grl", 0, False) for picture in pictures.values()]
        cases.append({"rules": "grl", "task": ["jpeg", "--quality", str(quality), "--gray", "--set", "LIVE1"],
                      "values": {key: float(np.mean([f[key] for f in found])) for key in found[0]}})
    (FOLDER / "values.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
