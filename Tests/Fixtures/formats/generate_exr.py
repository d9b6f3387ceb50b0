#!/usr/bin/env python3
"""Writes the OpenEXR files of this folder with other programs, their rows of files.tsv, refused.tsv, and the corpus of the fuzz target.

Needs numpy, OpenEXR 3.5 of PyPI, ImageMagick 6 (convert) and Debian's openexr (exrmaketiled, exrmultipart). To be run behind generate.py, which
writes files.tsv anew. What the files hold is beside them as raw float32 of little endian, alpha as the share that covers (colours divided by it).

refused.tsv: file; a word that the error must hold where the library here does not read the file.
"""
import os, shutil, subprocess
import numpy as np
import OpenEXR

HERE = os.path.dirname(os.path.abspath(__file__))
os.chdir(HERE)
W, H = 37, 29
rows, refused = [], []
y, x = np.mgrid[0:H, 0:W]
light = np.stack([(x * 7 + y * 3) / 128, (y * 9 + x * 2) / 200, (x * y) / 256 - 0.25], -1).astype(np.float32)
smooth = (np.stack([40 + x * 5, 60 + y * 6, 120 + (x + y)], -1) / 255).astype(np.float32) ** 2
gray = ((x * 5 + y * 3) / 100).astype(np.float32)
alpha = ((x * 3 + y * 5) % 256 / 255).astype(np.float32)


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def write(name, channels, **header):
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage} | header
    # What has gaps in memory the module takes for what has none.
    OpenEXR.File(header, {channel: np.ascontiguousarray(samples) for channel, samples in channels.items()}).write(name)


def row(name, samples, word=""):
    """The row of a file that holds `samples`, or, where they are None, what OpenEXR itself reads of it."""
    assert os.path.getsize(name) < 16_000, name
    if samples is None:
        read = OpenEXR.File(name, separate_channels=True).channels()
        samples = np.stack([read[c].pixels for c in "RGB"], -1)
    if samples.ndim == 3 and samples.shape[-1] in (2, 4):
        samples = samples.astype(np.float32)
        a = samples[..., -1:]
        samples = np.concatenate([np.where(a > 0, samples[..., :-1] / np.where(a > 0, a, 1), samples[..., :-1]), a], -1)
    samples = np.ascontiguousarray(samples.astype("<f4")).tobytes()
    for known in sorted(os.listdir(".")):
        if known.startswith("expected_exr_") and open(known, "rb").read() == samples: break
    else:
        known = "expected_exr_" + name.removesuffix(".exr").removeprefix("openexr_") + ".f32"
        open(known, "wb").write(samples)
    rows.append([name, known, 0, 0, 0, 0, word])


for old in os.listdir("."):
    if old.endswith(".exr") or old.startswith("expected_exr_"): os.remove(old)

half = light.astype(np.float16)
for kind in ["NO", "RLE", "ZIPS", "ZIP", "PIZ"]:
    for depth, samples in [("half", half), ("float", light)]:
        name = f"openexr_{kind.lower()}_{depth}.exr"
        write(name, {"RGB": samples}, compression=getattr(OpenEXR, kind + "_COMPRESSION"))
        row(name, samples)
for kind in ["PXR24", "B44", "B44A"]:
    name = f"openexr_{kind.lower()}.exr"
    write(name, {"RGB": smooth.astype(np.float16)}, compression=getattr(OpenEXR, kind + "_COMPRESSION"))
    row(name, None)
write("openexr_pxr24_float.exr", {"RGB": smooth}, compression=OpenEXR.PXR24_COMPRESSION)
row("openexr_pxr24_float.exr", None)

covered = np.dstack([light * alpha[..., None], alpha])
write("openexr_rgba_float.exr", {"RGBA": covered}); row("openexr_rgba_float.exr", covered)
write("openexr_rgba_half.exr", {"RGBA": covered.astype(np.float16)}); row("openexr_rgba_half.exr", covered.astype(np.float16))
write("openexr_y_half.exr", {"Y": gray.astype(np.float16)}); row("openexr_y_half.exr", gray.astype(np.float16))
write("openexr_y_float.exr", {"Y": gray}); row("openexr_y_float.exr", gray)
write("openexr_ya.exr", {"Y": gray * alpha, "A": alpha}); row("openexr_ya.exr", np.dstack([gray * alpha, alpha]))
write("openexr_mixed.exr", {"R": light[..., 0], "G": half[..., 1], "B": half[..., 2]})
row("openexr_mixed.exr", np.stack([light[..., 0], half[..., 1].astype(np.float32), half[..., 2].astype(np.float32)], -1))
write("openexr_layers.exr", {"RGB": half, "Z": gray, "id": (x + y).astype(np.uint32), "side.R": half[..., 0]})
row("openexr_layers.exr", half, "channels that are neither colours nor alpha")
write("openexr_downwards.exr", {"RGB": half}, lineOrder=OpenEXR.DECREASING_Y); row("openexr_downwards.exr", half)
wide = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
aces = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, 0.32168, 0.33767)
write("openexr_p3.exr", {"RGB": half}, chromaticities=wide); row("openexr_p3.exr", half)
write("openexr_aces.exr", {"RGB": half}, chromaticities=aces); row("openexr_aces.exr", half)
write("openexr_density.exr", {"RGB": half}, xDensity=300.0, pixelAspectRatio=0.5); row("openexr_density.exr", half)


def window(x0, y0, width, height):
    return (np.array([x0, y0], np.int32), np.array([x0 + width - 1, y0 + height - 1], np.int32))


part = half[4:20, 5:30]
write("openexr_window_inside.exr", {"RGB": part}, dataWindow=window(5, 4, 25, 16), displayWindow=window(0, 0, W, H))
seen = np.zeros_like(half); seen[4:20, 5:30] = part
row("openexr_window_inside.exr", seen, "what they do not reach is black")
big = np.pad(half, ((3, 40), (2, 6), (0, 0)), constant_values=7)
write("openexr_window_outside.exr", {"RGB": big}, dataWindow=window(-12, 97, W + 8, H + 43), displayWindow=window(-10, 100, W, H))
row("openexr_window_outside.exr", half, "what is outside is left out")
write("openexr_window_across.exr", {"RGB": big[:30, :20]}, dataWindow=window(-2, -3, 20, 30), displayWindow=window(0, 0, W, H))
seen = np.zeros_like(half); seen[:27, :18] = big[3:30, 2:20]
row("openexr_window_across.exr", seen, "the rest is black")

run("exrmaketiled", "-t", "16", "16", "openexr_zip_half.exr", "tiled.exr"); row("tiled.exr", half)
run("exrmaketiled", "-t", "16", "8", "-z", "piz", "openexr_zip_float.exr", "tiled_piz.exr"); row("tiled_piz.exr", light)
run("exrmaketiled", "-m", "-t", "16", "16", "openexr_rgba_half.exr", "tiled_levels.exr"); row("tiled_levels.exr", covered.astype(np.float16))
run("exrmaketiled", "-t", "8", "8", "openexr_window_across.exr", "tiled_window.exr"); row("tiled_window.exr", seen, "the rest is black")
run("exrmultipart", "-combine", "-i", "openexr_zip_half.exr", "openexr_y_half.exr", "-o", "parts.exr", "-override", "1")
row("parts.exr", half, "all pictures of the file but the first")

light[..., :].clip(0, None).astype("<f4")[::-1].tofile("magick.raw")
with open("magick.pfm", "wb") as file: file.write(b"PF\n%d %d\n-1.0\n" % (W, H) + open("magick.raw", "rb").read())
run("convert", "magick.pfm", "-set", "colorspace", "RGB", "-compress", "Piz", "magick_piz.exr")
row("magick_piz.exr", None)
os.remove("magick.raw"); os.remove("magick.pfm")

# What is refused, and how it is named.
counts = np.ones((H, W), object)
deep = np.empty((H, W), dtype=object)
for j in range(H):
    for i in range(W): deep[j, i] = np.array([gray[j, i]], np.float32)
write("refused_deep.exr", {"Z": deep}, type=OpenEXR.deepscanline, compression=OpenEXR.ZIPS_COMPRESSION)
refused.append(["refused_deep.exr", "deep data"])
sound = bytearray(open("openexr_zip_half.exr", "rb").read())
sound[sound.index(b"compression\0compression\0") + 28] = 77
open("refused_compression.exr", "wb").write(sound)
refused.append(["refused_compression.exr", "compression"])
# Newer libraries decode these; 3.1 does not.
for kind in ["DWAA", "DWAB", "HTJ2K32"]:
    name = f"refused_{kind.lower()}.exr"
    write(name, {"RGB": smooth.astype(np.float16)}, compression=getattr(OpenEXR, kind + "_COMPRESSION"))
    refused.append([name, "compression"])
write("refused_depth.exr", {"Z": gray}); refused.append(["refused_depth.exr", "it has Z"])
write("refused_whole.exr", {"Y": (x + y).astype(np.uint32)}); refused.append(["refused_whole.exr", "whole numbers"])
write("refused_differences.exr", {"Y": gray, "RY": gray, "BY": gray}); refused.append(["refused_differences.exr", "Y, RY, BY"])
write("refused_elsewhere.exr", {"RGB": part}, dataWindow=window(500, 4, 25, 16), displayWindow=window(0, 0, W, H))
refused.append(["refused_elsewhere.exr", "outside its display window"])

with open("files.tsv") as file: others = [line for line in file if not line.split("\t")[0].endswith(".exr")]
with open("files.tsv", "w") as file: file.writelines(others + ["\t".join(map(str, line)) + "\n" for line in rows])
with open("refused.tsv", "w") as file: file.writelines(["file\tword\n"] + ["\t".join(line) + "\n" for line in refused])
print(len(rows), "files,", len(refused), "refused")

FUZZ = os.path.join(HERE, "../../Fuzz/corpus/exr/")
os.makedirs(FUZZ, exist_ok=True)
for name in ["openexr_zip_half.exr", "openexr_piz_half.exr", "openexr_b44.exr", "openexr_pxr24.exr", "openexr_window_across.exr", "tiled_levels.exr",
             "openexr_layers.exr", "refused_deep.exr"]:
    shutil.copy(name, FUZZ)
sound = open("openexr_zip_half.exr", "rb").read()
open(FUZZ + "cut.exr", "wb").write(sound[:len(sound) * 6 // 10])
open(FUZZ + "header.exr", "wb").write(sound[:30])
