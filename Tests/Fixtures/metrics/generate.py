#!/usr/bin/env python3
"""Writes the picture pairs of this folder and values.json: metrics computed independently of the program.

    python3 -m venv VENV && VENV/bin/pip install numpy==2.4.6 scipy scikit-image
    VENV/bin/python Tests/Fixtures/metrics/generate.py

SSIM is taken here by a direct two-dimensional convolution in double precision and checked against scikit-image; the
program filters rows, then columns. Conventions: see the documentation of Metric.
"""
import json
import pathlib
import struct
import zlib

import numpy as np
from scipy.signal import convolve2d
from skimage.metrics import structural_similarity

FOLDER = pathlib.Path(__file__).parent
SHAVES = [0, 2, 4]


def write_png(path, samples):
    """samples: [H, W] or [H, W, 3], uint8 or uint16."""
    height, width = samples.shape[:2]
    depth = samples.dtype.itemsize * 8
    rows = samples.astype(">u2" if depth == 16 else "u1").reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, 0 if samples.ndim == 2 else 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9))
                     + chunk(b"IEND", b""))


def as_doubles(samples, convention):
    if samples.dtype == np.uint8:
        return samples.astype(np.float64)
    values = samples.astype(np.float64) / 65535 * 255
    return np.round(values) if convention == "grl" else values


def luma(picture, samples, convention):
    if picture.ndim == 2:
        return picture
    weighted = picture @ np.array([65.481, 128.553, 24.966]) / 255 + 16
    if convention == "basicsr":
        return weighted
    steps = 257 if convention == "matlab" and samples.dtype == np.uint16 else 1
    # A value half way between two steps would hang on the order of additions; no pair may have one.
    assert np.abs(weighted * steps % 1 - 0.5).min() > 1e-9
    return np.round(weighted * steps) / steps


def gaussian_window(convention):
    line = np.exp(-np.arange(-5, 6) ** 2 / (2 * 1.5 ** 2))
    if convention == "grl":
        line = np.round(line, 6)
    window = np.outer(line, line)
    return window / window.sum()


def ssim(a, b, convention):
    if a.ndim == 3:
        return float(np.mean([ssim(a[..., c], b[..., c], convention) for c in range(3)]))
    mode = "same" if convention == "grl" else "valid"
    window = gaussian_window(convention)

    def mean(x):
        return convolve2d(x, window, mode=mode, boundary="fill", fillvalue=0)

    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a * a) - mean_a ** 2, mean(b * b) - mean_b ** 2
    covariance = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    value = float(np.mean((2 * mean_a * mean_b + c1) * (2 * covariance + c2)
                          / ((mean_a ** 2 + mean_b ** 2 + c1) * (variance_a + variance_b + c2))))
    if convention != "grl":
        other = structural_similarity(a, b, data_range=255, gaussian_weights=True, sigma=1.5, win_size=11,
                                      use_sample_covariance=False)
        assert abs(value - other) < 1e-9, (value, other)
    return value


def psnr(a, b):
    error = np.mean((a - b) ** 2)
    return "inf" if error == 0 else float(10 * np.log10(255 ** 2 / error))


def measure(first, second, convention, shave):
    a, b = as_doubles(first, convention), as_doubles(second, convention)
    if a.ndim != b.ndim:
        a, b = [x if x.ndim == 3 else np.repeat(x[..., None], 3, axis=2) for x in (a, b)]
    if shave:
        a, b = a[shave:-shave, shave:-shave], b[shave:-shave, shave:-shave]
    y_a, y_b = luma(a, first, convention), luma(b, second, convention)
    has_window = convention == "grl" or min(a.shape[:2]) >= 11
    return {
        "psnr": psnr(a, b),
        "psnr-y": psnr(y_a, y_b),
        "ssim": ssim(a, b, convention) if has_window else None,
        "ssim-y": ssim(y_a, y_b, convention) if has_window else None,
        "mae": float(np.mean(np.abs(a - b)) / 255),
    }


def scene(generator, height, width, channels):
    """Smooth shades, an edge and fine texture, in 0...1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for c in range(channels):
        plane = 0.5 + 0.25 * np.sin(x / (5 + c)) * np.cos(y / (7 - c)) + 0.2 * (x * 0.6 + y > 0.7 * height)
        planes.append(plane + 0.05 * generator.standard_normal((height, width)))
    return np.clip(np.stack(planes, axis=-1), 0, 1)


def quantise(values, dtype):
    samples = np.round(np.clip(values, 0, 1) * np.iinfo(dtype).max).astype(dtype)
    return samples[..., 0] if samples.shape[-1] == 1 else samples


def pairs():
    generator = np.random.default_rng(2023)

    def noisy(values, sigma):
        return np.clip(values + sigma / 255 * generator.standard_normal(values.shape), 0, 1)

    gray = scene(generator, 24, 24, 1)
    yield "gray", quantise(gray, np.uint8), quantise(noisy(gray, 15), np.uint8)
    odd = scene(generator, 17, 31, 1)
    yield "gray-odd", quantise(odd, np.uint8), quantise(noisy(odd, 50), np.uint8)
    colour = scene(generator, 33, 40, 3)
    yield "rgb", quantise(colour, np.uint8), quantise(noisy(colour, 25), np.uint8)
    odd = scene(generator, 29, 37, 3)
    yield "rgb-odd", quantise(odd, np.uint8), quantise(np.roll(odd, 1, axis=1) * 0.9, np.uint8)
    deep = scene(generator, 27, 33, 3)
    yield "rgb-16", quantise(deep, np.uint16), quantise(noisy(deep, 5), np.uint16)
    mixed = scene(generator, 21, 23, 1)
    yield "gray-and-rgb", quantise(mixed, np.uint8), quantise(noisy(np.repeat(mixed, 3, axis=2), 10), np.uint8)
    yield "depths", quantise(colour[:25, :22], np.uint8), quantise(noisy(colour[:25, :22], 8), np.uint16)
    yield "black-and-white", np.zeros((19, 20), np.uint8), np.full((19, 20), 255, np.uint8)


def main():
    rows = []
    for name, first, second in pairs():
        write_png(FOLDER / f"{name}-a.png", first)
        write_png(FOLDER / f"{name}-b.png", second)
        for convention in ["matlab", "basicsr", "grl"]:
            for shave in SHAVES:
                values = measure(first, second, convention, shave)
                rows.append({"pair": name, "convention": convention, "shave": shave, "values": values})
    (FOLDER / "values.json").write_text(json.dumps(rows, indent=1) + "\n")


main()
