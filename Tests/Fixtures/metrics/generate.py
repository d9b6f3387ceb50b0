#!/usr/bin/env python3
"""Writes the picture pairs of this folder and values.json: metrics computed independently of the program.

    python3 -m venv VENV
    VENV/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-image==0.26.0 PyWavelets==1.9.0 pillow==13.0.0
    VENV/bin/python Tests/Fixtures/metrics/generate.py

SSIM is taken here by a direct two-dimensional convolution in double precision and checked against scikit-image; the
program filters rows, then columns. Blur is scikit-image's own, noise PyWavelets' transform (checked against scikit-image
where no place is flat), PSNR-B, MS-SSIM, GMSD and the grid of blocks are array arithmetic on whole pictures, where the
program goes row by row. Conventions: see the documentation of Metric. Pictures that are parts of photographs come from the CC0 ones in Samples.
"""
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import pywt
from PIL import Image
from scipy import ndimage
from scipy.signal import convolve2d
from scipy.stats import norm
from skimage.measure import blur_effect
from skimage.metrics import structural_similarity
from skimage.restoration import estimate_sigma

FOLDER = pathlib.Path(__file__).parent
SAMPLES = FOLDER.parents[2] / "Samples"


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


def luma(picture, samples, convention, full_range=False):
    if picture.ndim == 2:
        return picture
    if full_range:
        yiq = np.array([[1, 0.956, 0.621], [1, -0.272, -0.647], [1, -1.106, 1.703]])
        weighted = picture @ np.linalg.inv(yiq)[0]
    else:
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


def decibels(error):
    return "inf" if error == 0 else float(10 * np.log10(255 ** 2 / error))


def psnr(a, b):
    return decibels(np.mean((a - b) ** 2))


def channels(picture):
    return [picture] if picture.ndim == 2 else [picture[..., c] for c in range(3)]


def blocking_factor(picture, nominal):
    """Yim and Bovik's factor; nominal counts pairs as GRL's and SwinIR's programs do."""
    height, width = picture.shape
    across, down = np.diff(picture, axis=1) ** 2, np.diff(picture, axis=0) ** 2
    columns, rows = np.arange(7, width - 1, 8), np.arange(7, height - 1, 8)
    border = across[:, columns].sum() + down[rows, :].sum()
    other = np.delete(across, columns, axis=1).sum() + np.delete(down, rows, axis=0).sum()
    if nominal:
        border_pairs = height * (width // 8 - 1) + width * (height // 8 - 1)
    else:
        border_pairs = height * len(columns) + width * len(rows)
    other_pairs = height * (width - 1) + width * (height - 1) - border_pairs
    excess = border / border_pairs - other / other_pairs
    return max(0.0, excess) * np.log2(8) / np.log2(min(height, width))


def psnr_b(picture, reference, nominal):
    errors = [np.mean((p - r) ** 2) + blocking_factor(p, nominal)
              for p, r in zip(channels(picture), channels(reference))]
    if not nominal:
        return decibels(np.mean(errors))
    return "inf" if 0 in errors else float(np.mean([decibels(e) for e in errors]))


def ms_ssim(a, b):
    """As msssim.m of Wang: window inside the picture, 2 x 2 means with the edge mirrored, every second of them."""
    if a.ndim == 3:
        return float(np.mean([ms_ssim(x, y) for x, y in zip(channels(a), channels(b))]))
    window = gaussian_window("matlab")
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    result = 1.0
    for scale, exponent in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
        def mean(x):
            return convolve2d(x, window, mode="valid")

        mean_a, mean_b = mean(a), mean(b)
        variances = mean(a * a) - mean_a ** 2 + mean(b * b) - mean_b ** 2
        contrast = (2 * (mean(a * b) - mean_a * mean_b) + c2) / (variances + c2)
        luminance = (2 * mean_a * mean_b + c1) / (mean_a ** 2 + mean_b ** 2 + c1)
        result *= max(0.0, np.mean(contrast if scale < 4 else luminance * contrast)) ** exponent
        a, b = [ndimage.correlate(x, np.full((2, 2), 0.25), mode="reflect", origin=-1)[::2, ::2] for x in (a, b)]
    return float(result)


def matlab_same(x, kernel):
    """conv2(x, kernel, 'same')"""
    (height, width), (rows, columns) = x.shape, kernel.shape
    top, left = rows // 2, columns // 2
    return convolve2d(x, kernel, mode="full")[top:top + height, left:left + width]


def gmsd(a, b):
    def gradients(x):
        half = matlab_same(x, np.full((2, 2), 0.25))[::2, ::2]
        across = np.array([[1, 0, -1]] * 3) / 3
        return np.hypot(matlab_same(half, across), matlab_same(half, across.T))

    g, h = gradients(a), gradients(b)
    return float(np.std((2 * g * h + 170) / (g * g + h * h + 170), ddof=1))


def noise(picture):
    estimates = []
    for plane in channels(picture):
        details = np.abs(pywt.dwtn(plane, "db2")["dd"])
        # A detail takes four samples each way, the last at twice its place plus one, mirrored at the ends.
        clipped = np.pad((plane <= 0) | (plane >= 255), 3, mode="symmetric")
        touched = np.lib.stride_tricks.sliding_window_view(clipped, (4, 4))[1::2, 1::2].any(axis=(2, 3))
        kept = details[(details >= 1e-6) & ~touched[:details.shape[0], :details.shape[1]]]
        estimate = 0.0 if kept.size == 0 else float(np.median(kept) / norm.ppf(0.75))
        if kept.size == details.size:
            assert abs(estimate - estimate_sigma(plane)) < 1e-9
        estimates.append(estimate)
    return float(np.mean(estimates))


def grid(gray):
    """Steps beyond those beside them, by their place modulo eight; how far the largest of eight means is above the median."""
    strengths = []
    for lines in (gray, gray.T):
        sizes = np.abs(np.diff(lines, axis=1))
        steps = np.clip(sizes[:, 1:-1] - (sizes[:, :-2] + sizes[:, 2:]) / 2, 0, 25.5).mean(axis=0)
        places = np.arange(2, lines.shape[1] - 1) % 8
        means = [steps[places == phase].mean() for phase in range(8)]
        middle = np.median(means)
        strengths.append(max(0.0, (max(means) - middle) / max(middle, 0.05) - 0.05))
    return float(np.mean(strengths))


def measure(first, second, convention, shave):
    """Quantities of the second picture, the first being the reference."""
    a, b = as_doubles(first, convention), as_doubles(second, convention)
    alone = b
    if a.ndim != b.ndim:
        a, b = [x if x.ndim == 3 else np.repeat(x[..., None], 3, axis=2) for x in (a, b)]
    if shave:
        a, b, alone = [x[shave:-shave, shave:-shave] for x in (a, b, alone)]
    y_a, y_b = luma(a, first, convention), luma(b, second, convention)
    gray_a, gray_b = luma(a, first, convention, True), luma(b, second, convention, True)
    smallest = min(a.shape[:2])
    has_window = convention == "grl" or smallest >= 11
    nominal = convention != "matlab"
    return {
        "psnr": psnr(a, b),
        "psnr-y": psnr(y_a, y_b),
        "ssim": ssim(a, b, convention) if has_window else None,
        "ssim-y": ssim(y_a, y_b, convention) if has_window else None,
        "mae": float(np.mean(np.abs(a - b)) / 255),
        "psnr-b": psnr_b(b, a, nominal) if smallest >= 16 else None,
        "psnr-b-y": psnr_b(y_b, y_a, nominal) if smallest >= 16 else None,
        "ms-ssim": ms_ssim(a, b) if smallest >= 176 else None,
        "ms-ssim-y": ms_ssim(y_a, y_b) if smallest >= 176 else None,
        "gmsd": gmsd(gray_a, gray_b),
        "blur": (float(blur_effect(alone / 255, channel_axis=-1 if alone.ndim == 3 else None))
                 if smallest >= 16 else None),
        "noise": noise(alone),
        "blockiness": grid(luma(alone, second, convention, True)) if smallest >= 32 else None,
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


def part(name, x, y, width, height, gray=False):
    """A part of a sample photograph, 8 bits."""
    picture = Image.open(SAMPLES / f"{name}.png").convert("L" if gray else "RGB")
    return np.asarray(picture.crop((x, y, x + width, y + height)))


def jpeg(samples, quality):
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def blurred(samples, sigma):
    spread = (sigma, sigma, 0) if samples.ndim == 3 else sigma
    return np.round(ndimage.gaussian_filter(samples.astype(np.float64), spread)).astype(samples.dtype)


def photographs():
    generator = np.random.default_rng(2024)

    def noisy(samples, sigma):
        full = np.iinfo(samples.dtype).max
        values = samples + sigma / 255 * full * generator.standard_normal(samples.shape)
        return np.round(np.clip(values, 0, full)).astype(samples.dtype)

    def deep(samples):
        """16 bits: twice the size, so that values lie between those of 8 bits."""
        zoom = (2, 2, 1) if samples.ndim == 3 else 2
        return np.round(np.clip(ndimage.zoom(samples / 255, zoom, order=1), 0, 1) * 65535).astype(np.uint16)

    kitten = part("kitten", 120, 90, 64, 56)
    yield "photo-jpeg", kitten, jpeg(kitten, 10)
    gate = part("torii_gates", 201, 133, 61, 45)
    yield "photo-jpeg-odd", gate, jpeg(gate, 25)
    gray = part("torii_gates", 96, 64, 48, 40, gray=True)
    yield "photo-gray-blur", gray, blurred(gray, 1.2)
    ruin = part("colosseum", 160, 70, 57, 49)
    yield "photo-blur", ruin, blurred(ruin, 1.5)
    flowers = deep(part("forget_me_nots", 150, 120, 17, 14))
    yield "photo-16", flowers, noisy(flowers, 12)
    lattice = deep(part("lattice_facade", 300, 100, 20, 17, gray=True))
    yield "photo-gray-16", lattice, np.round((lattice / 65535) ** 1.3 * 65535).astype(np.uint16)
    board = part("circuit_board", 30, 40, 90, 21)
    yield "photo-wide", board, np.roll(board, (0, 1), axis=(0, 1))
    yield "photo-depths", deep(kitten[:20, :24]), (deep(noisy(kitten[:20, :24], 20)) >> 8).astype(np.uint8)
    yield "photo-tinted", gray[:33, :35], np.stack([gray[:33, :35], gray[:33, :35] // 2, 255 - gray[:33, :35]], axis=-1)
    blocks = np.kron(generator.integers(60, 200, (6, 7)), np.ones((8, 8), int)).astype(np.uint8)
    yield "blocks", noisy(blocks, 3), blocks
    yield "equal", kitten[:24, :30], kitten[:24, :30]
    facade = part("lattice_facade", 40, 30, 176, 176, gray=True)
    yield "large-gray", facade, jpeg(facade, 15)
    odd = part("kitten", 100, 60, 187, 179, gray=True)
    yield "large-gray-odd", odd, noisy(odd, 20)
    colour = part("forget_me_nots", 90, 60, 181, 177)
    yield "large-rgb", colour, blurred(jpeg(colour, 60), 1)


def main():
    rows = []
    for shaves, found in [([0, 2, 4], pairs()), ([0, 3], photographs())]:
        for name, first, second in found:
            write_png(FOLDER / f"{name}-a.png", first)
            write_png(FOLDER / f"{name}-b.png", second)
            for convention in ["matlab", "basicsr", "grl"]:
                for shave in shaves:
                    values = measure(first, second, convention, shave)
                    rows.append({"pair": name, "convention": convention, "shave": shave, "values": values})
    (FOLDER / "values.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


main()
