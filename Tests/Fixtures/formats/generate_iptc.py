#!/usr/bin/env python3
"""Writes pictures with an IPTC record by exiftool and ImageMagick 6 (convert). Needs numpy, Pillow and both programs."""
import os, subprocess
import numpy as np
from PIL import Image, TiffImagePlugin

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


y, x = np.mgrid[0:29, 0:37]
rgb = np.stack([40 + x * 5, 60 + y * 6, 120 + (x + y)], -1).astype(np.uint8)
words = ["-overwrite_original", "-IPTC:Headline=Gate", "-IPTC:Keywords=torii", "-IPTC:Keywords=morning", "-IPTC:By-line=Ada", "-IPTC:City=Nara"]
Image.fromarray(rgb).save("iptc_exiftool.jpg", quality=95)
Image.fromarray(rgb).save("iptc_little.tif", compression="tiff_lzw")
run("convert", "iptc_little.tif", "-compress", "LZW", "-endian", "MSB", "iptc_big.tif")
for name in ["iptc_exiftool.jpg", "iptc_little.tif", "iptc_big.tif"]: run("exiftool", *words, name)
run("convert", "iptc_exiftool.jpg", "-compress", "LZW", "iptc_magick.tif")
run("convert", "iptc_exiftool.jpg", "-compress", "LZW", "-endian", "MSB", "iptc_magick_big.tif")
# The block of Photoshop's resources alone, with a resolution (1005) beside the record (1028).
record = open("iptc_exiftool.jpg", "rb").read()
start = record.index(b"8BIM\4\4") + 12
record = record[start:start + int.from_bytes(record[start - 4:start], "big")]
resources = b"".join(b"8BIM" + number.to_bytes(2, "big") + bytes(2) + len(data).to_bytes(4, "big") + data + bytes(len(data) % 2)
                     for number, data in [(1005, bytes(16)), (1028, record)])
tags = TiffImagePlugin.ImageFileDirectory_v2()
tags[34377] = resources
tags.tagtype[34377] = 1
Image.fromarray(rgb[:9]).save("iptc_photoshop.tif", tiffinfo=tags)
for name in sorted(os.listdir(".")):
    if name.startswith("iptc_"): print(name, os.path.getsize(name))
