"""Numbers for the tests of Sources/Restoration/{Degradation,Resampling}, from NumPy, SciPy and Pillow.

    pip install numpy==2.4.6 scipy==1.17.1 pillow
    python generate.py            writes the .json files beside this script

Nothing here shares code or structure with what it checks: resizing is a product with dense float64 matrices written after
Matlab's 1-based formula, demosaicking and blur are scipy.ndimage convolutions with masks, random numbers are NumPy's own.
"""
import hashlib
import io
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

HERE = Path(__file__).parent


def picture():
    """19 x 27 RGB levels: smooth colour, an edge, a little noise."""
    rng = np.random.RandomState(7)
    y, x = np.mgrid[0:19, 0:27]
    base = np.stack([110 + 90 * np.sin(x / 5 + y / 9), 128 + 100 * np.cos(y / 4 - x / 11), 9 * x + 0 * y], -1)
    base[6:14, 9:20] = (240, 16, 90)
    return np.clip(np.rint(base + rng.normal(0, 8, base.shape)), 0, 255).astype(np.uint8)


def save(name, value):
    text = json.dumps(value, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text.replace('},{', '},\n{') + "\n")


def flat(a):
    return [round(float(v), 7) + 0.0 for v in np.asarray(a, np.float64).ravel()]


def bits(values):
    return [int(v) for v in np.asarray(values, np.float64).view(np.uint64).ravel()]


def float_bits(values):
    return [int(v) for v in np.asarray(values, np.float32).view(np.uint32).ravel()]


# ---- random numbers ----------------------------------------------------------
def random_numbers():
    cases = []
    for seeds in ([0], [1], [42], [123456789], [2**32 - 1], [3, 1, 4], list(range(1000)), [0, 0, 2**32 - 1]):
        seed = seeds[0] if len(seeds) == 1 else np.array(seeds, np.uint32)
        total = 0.0
        for v in np.random.RandomState(seed).normal(0, 1, 10_000).tolist():
            total += v
        cases.append({
            "seeds": seeds,
            "words": [int(v) for v in np.random.RandomState(seed).randint(0, 2**32, 8, dtype=np.uint32)],
            "uniform": bits(np.random.RandomState(seed).random_sample(8)),
            "normal": bits(np.random.RandomState(seed).normal(0, 1, 8)),
            "sum": bits([total])[0],
        })
    return cases


def noise(rgb):
    x = (rgb[:4, :5] / np.float32(255)).astype(np.float32)                    # [4, 5, 3]
    def generator(case):
        if "number" in case:
            return np.random.RandomState(case["number"])
        return np.random.RandomState(np.frombuffer(hashlib.sha256(case["text"].encode()).digest(), np.uint32))
    cases = []
    for case in ({"text": "Set12/01.png"}, {"text": "CBSD68/größe.png"}, {"number": 0}, {"number": 2024}):
        for order in ("planes", "pixels", "pixels-bgr"):
            shape = (3, 4, 5) if order == "planes" else (4, 5, 3)
            n = generator(case).normal(0, 25 / 255.0, shape).astype(np.float32)
            if order == "planes":
                n = n.transpose(1, 2, 0)
            elif order == "pixels-bgr":
                n = n[..., ::-1]
            cases.append({**case, "order": order, "sigma": 25, "bits": float_bits(x + n)})
    return {"height": 4, "width": 5, "input": float_bits(x), "cases": cases}


# ---- Matlab's imresize -------------------------------------------------------
def resize_matrix(n, out, scale):
    def h(v):
        v = np.abs(v)
        f = (1.5 * v**3 - 2.5 * v**2 + 1) * (v <= 1)
        return f + (-0.5 * v**3 + 2.5 * v**2 - 4 * v + 2) * ((v > 1) & (v <= 2))

    m = np.zeros((out, n))
    mirror = list(range(1, n + 1)) + list(range(n, 0, -1))
    for i in range(1, out + 1):
        u = i / scale + 0.5 * (1 - 1 / scale)
        k = min(scale, 1.0)
        left = math.floor(u - 2 / k)
        at = np.arange(left, left + math.ceil(4 / k) + 2)
        w = k * h(k * (u - at))
        w /= w.sum()
        for j, v in zip(at, w):
            m[i - 1, mirror[(j - 1) % (2 * n)] - 1] += v
    return m


def resize(x, height, width, scale=None, between=lambda v: v):
    mh = resize_matrix(x.shape[0], height, scale or height / x.shape[0])
    mw = resize_matrix(x.shape[1], width, scale or width / x.shape[1])
    if height / x.shape[0] <= width / x.shape[1]:
        return between(np.einsum("ikc,lk->ilc", between(np.einsum("ij,jkc->ikc", mh, x)), mw))
    return between(np.einsum("ij,jkc->ikc", mh, between(np.einsum("ikc,lk->ilc", x, mw))))


def resize_levels(levels, height, width, depth):
    """What Matlab does with integer samples: round after each axis. Gives the LR files of Set5 byte for byte."""
    white = 2**depth - 1
    return resize(levels.astype(float), height, width, between=lambda v: np.floor(np.clip(v, 0, white) + 0.5)).astype(int)


def bicubic(rgb):
    x = rgb / 255.0
    cases = []
    for scale in (2, 3, 4):
        h, w = 19 // scale, 27 // scale
        cases.append({"kind": f"shrink {scale}", "inputHeight": h * scale, "inputWidth": w * scale, "height": h, "width": w,
                      "values": flat(resize(x[: h * scale, : w * scale], h, w))})
        cases.append({"kind": f"enlarge {scale}", "inputHeight": 5, "inputWidth": 7, "height": 5 * scale, "width": 7 * scale,
                      "values": flat(resize(x[:5, :7], 5 * scale, 7 * scale))})
    for ih, iw, h, w in ((19, 27, 7, 41), (19, 27, 1, 1), (1, 1, 3, 2), (2, 3, 9, 1), (19, 27, 19, 27), (13, 27, 24, 5)):
        cases.append({"kind": f"{ih} x {iw} to {h} x {w}", "inputHeight": ih, "inputWidth": iw, "height": h, "width": w,
                      "values": flat(resize(x[:ih, :iw], h, w))})
    # a factor instead of a size: the size is rounded up, the factor stays
    scales = []
    for scale in (1 / 3, 0.5, 0.37, 1.7):
        h, w = math.ceil(scale * 19), math.ceil(scale * 27)
        scales.append({"scale": scale, "height": h, "width": w, "values": flat(resize(x, h, w, scale))})
    levels = []
    for depth, h, w in ((8, 9, 13), (8, 6, 9), (8, 4, 6), (8, 19, 7), (8, 8, 50), (16, 9, 13)):
        source = rgb.astype(int) * (257 if depth == 16 else 1)
        levels.append({"bitDepth": depth, "height": h, "width": w,
                       "levels": resize_levels(source, h, w, depth).ravel().tolist()})
    return {"cases": cases, "scales": scales, "levels": levels}


# ---- demosaicking ------------------------------------------------------------
GREEN = np.array([[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]) / 8
IN_ROW = np.array([[0, 0, .5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, .5, 0, 0]]) / 8
OPPOSITE = np.array([[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]) / 8


def demosaic(rgb):
    cases = []
    for pattern in ("rggb", "bggr", "grbg", "gbrg"):
        for height, width in ((9, 11), (4, 6), (3, 2)):
            x = rgb[:height, :width] / 255.0
            is_colour = {c: np.zeros((height, width), bool) for c in "rgb"}
            for i, c in enumerate(pattern):
                is_colour[c][i // 2::2, i % 2::2] = True
            mosaic = sum(x[..., i] * is_colour[c] for i, c in enumerate("rgb"))
            f = lambda k: ndimage.convolve(mosaic, k, mode="mirror")
            green, in_row, in_column, opposite = f(GREEN), f(IN_ROW), f(IN_ROW.T), f(OPPOSITE)
            red_row = is_colour["r"].any(1, keepdims=True) & np.ones_like(is_colour["r"])
            out = np.zeros_like(x)
            out[..., 1] = np.where(is_colour["g"], mosaic, green)
            for i, c, row in ((0, "r", red_row), (2, "b", ~red_row)):
                at_green = np.where(row, in_row, in_column)
                out[..., i] = np.where(is_colour[c], mosaic, np.where(is_colour["g"], at_green, opposite))
            cases.append({"pattern": pattern, "height": height, "width": width,
                          "mosaic": flat(mosaic), "values": flat(out)})
    return cases


# ---- blur --------------------------------------------------------------------
def disc(radius, lean):
    n = math.ceil(radius + 0.5)
    dy, dx = np.mgrid[-n:n + 1, -n:n + 1]
    k = np.clip(radius - np.hypot(dy, dx) + 0.5, 0, 1) * np.clip(0.5 + 0.5 * lean * dx / max(radius, 1), 0, 1)
    return k / k.sum()


def motion(length, degrees):
    n = math.ceil(length / 2) + 1
    k = np.zeros((2 * n + 1, 2 * n + 1))
    count = max(1, math.ceil(16 * length))
    t = ((np.arange(count) + 0.5) / count - 0.5) * length
    px, py = t * math.cos(math.radians(degrees)), -t * math.sin(math.radians(degrees))
    # a point spreads over its four neighbours by the tent function of its distance
    grid = np.arange(-n, n + 1)
    tent = lambda p: np.clip(1 - np.abs(grid[None] - p[:, None]), 0, None)
    k = tent(py).T @ tent(px)
    return k / k.sum()


def gaussian(sigma, across, degrees):
    n = max(1, math.ceil(3 * max(sigma, across)))
    a = math.radians(degrees)
    axes = np.array([[math.cos(a), -math.sin(a)], [-math.sin(a), -math.cos(a)]])      # rows: along, across, y down
    dy, dx = np.mgrid[-n:n + 1, -n:n + 1]
    d = axes @ np.stack([dx.ravel(), dy.ravel()])
    k = np.exp(-0.5 * ((d[0] / sigma) ** 2 + (d[1] / across) ** 2)).reshape(dx.shape)
    return k / k.sum()


def convolve(x, k):
    return np.stack([ndimage.convolve(x[..., c], k, mode="nearest") for c in range(x.shape[-1])], -1)


def blur(rgb):
    x = rgb[:9, :12] / 255.0
    linear = lambda k: convolve(x**2.2, k) ** (1 / 2.2)
    cases = []
    for length, angle in ((0, 0), (1, 0), (7.5, 30), (12, -100), (4, 90)):
        k = motion(length, angle)
        cases.append({"kind": "motion", "parameters": [length, angle], "kernel": flat(k), "values": flat(linear(k))})
    for radius in (0.5, 1, 3.2):
        for name, lean in (("disc", 0), ("left", -1), ("right", 1)):
            k = disc(radius, lean)
            cases.append({"kind": name, "parameters": [radius], "kernel": flat(k), "values": flat(linear(k))})
    for p in ((0.2, 0.2, 0), (1.5, 0.6, 25), (0.4, 2, 170)):
        k = gaussian(*p)
        cases.append({"kind": "gaussian", "parameters": list(p), "kernel": flat(k), "values": flat(linear(k))})
    return {"height": 9, "width": 12, "cases": cases}


# ---- JPEG and the real-world chain ------------------------------------------
def through_jpeg(levels, quality):
    data = io.BytesIO()
    Image.fromarray(levels).save(data, "JPEG", quality=quality, subsampling=2)
    return np.asarray(Image.open(data))


def jpeg(rgb):
    cases = []
    for quality in (1, 10, 40, 90, 100):
        cases.append({"quality": quality, "channels": 3, "levels": through_jpeg(rgb, quality).ravel().tolist()})
        cases.append({"quality": quality, "channels": 1, "levels": through_jpeg(rgb[..., 1].copy(), quality).ravel().tolist()})
    return cases


def real_world(rgb):
    cases = []
    for seed in (0, 5, 2024):
        r = np.random.RandomState(seed)
        u = r.random_sample(5)
        sigma, across, angle = 0.2 + 2.8 * u[0], 0.2 + 2.8 * u[1], 180 * u[2]
        level, quality = 1 + 24 * u[3], int(30 + 66 * u[4])
        x = convolve(rgb / 255.0, gaussian(sigma, across, angle))[:16, :24]
        x = resize(x, 4, 6)
        x = x + r.normal(0, level / 255, (3, 4, 6)).transpose(1, 2, 0)
        levels = np.floor(np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)
        cases.append({"seed": seed, "strengths": [sigma, across, angle, level, quality],
                      "levels": through_jpeg(levels, quality).ravel().tolist()})
    return cases


def main():
    rgb = picture()
    save("picture", {"height": 19, "width": 27, "levels": rgb.ravel().tolist()})
    save("random", random_numbers())
    save("noise", noise(rgb))
    save("bicubic", bicubic(rgb))
    save("demosaic", demosaic(rgb))
    save("blur", blur(rgb))
    save("jpeg", jpeg(rgb))
    save("real-world", real_world(rgb))


if __name__ == "__main__":
    main()
