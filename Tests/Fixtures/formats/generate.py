#!/usr/bin/env python3
"""Writes the pictures of this folder with other programs, and files.tsv with what they hold.

Needs Pillow 11.3 or newer, tifffile, numpy, ImageMagick 6 (convert), heif-enc, heif-convert (libheif-examples), cjxl, djxl (libjxl-tools),
and the profiles of ghostscript (libgs-common). Every file is small; the tests read them and never run this.

files.tsv: file; the picture with the same samples (PNG, or raw float32 of little endian beside its sides); largest difference of two
samples; profile, exif, xmp (1 where the file holds one); a word that a warning must hold.
"""
import io, os, struct, subprocess, sys
import numpy as np
import tifffile
from PIL import Image, ImageCms

HERE = os.path.dirname(os.path.abspath(__file__))
os.chdir(HERE)
PROFILES = "/usr/share/color/icc/ghostscript/"
W, H = 37, 29
rows = []


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


y, x = np.mgrid[0:H, 0:W]
rgb8 = np.stack([(x * 7 + y) % 256, (y * 9 + x * 2) % 256, (x * y) % 256], -1).astype(np.uint8)
gray8 = ((x * 5 + y * 3) % 256).astype(np.uint8)
alpha8 = ((x * 3 + y * 5) % 256).astype(np.uint8)
rgba8 = np.dstack([rgb8, alpha8])
ga8 = np.dstack([gray8, alpha8])
rgb16 = (rgb8.astype(np.uint16) * 257 + (x * 3 % 200)[..., None]).clip(0, 65535).astype(np.uint16)
gray16 = (gray8.astype(np.uint16) * 257 + 13 * (y % 5)).clip(0, 65535).astype(np.uint16)
rgba16 = np.dstack([rgb16, alpha8.astype(np.uint16) * 257])
ga16 = np.dstack([gray16, alpha8.astype(np.uint16) * 257])
float3 = (rgb8.astype(np.float32) / 128 - 0.25).astype(np.float32)
float1 = (gray8.astype(np.float32) / 100).astype(np.float32)
bits = ((x // 3 + y // 2) % 2).astype(np.uint8)
smooth = np.stack([40 + x * 5, 60 + y * 6, 120 + (x + y)], -1).astype(np.uint8)


def png16(array, name):
    """PNG of 16 bits by hand: Pillow has no RGB of 16 bits."""
    import zlib
    channels = 1 if array.ndim == 2 else array.shape[2]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    def chunk(tag, data):
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))
    open(name, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, kind, 0, 0, 0))
                           + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def expect(array, name):
    if array.dtype == np.uint16: png16(array, name)
    elif array.dtype == np.float32: array.astype("<f4").tofile(name)
    else: Image.fromarray(array).save(name, optimize=True)


expected = {"rgb8": rgb8, "gray8": gray8, "rgba8": rgba8, "ga8": ga8, "rgb16": rgb16, "gray16": gray16, "rgba16": rgba16, "ga16": ga16,
            "bits": bits * 255, "smooth": smooth}
for name, array in expected.items(): expect(array, f"expected_{name}.png")
expect(float3, "expected_float3.f32")
expect(float1, "expected_float1.f32")


def row(name, same, tolerance=0, profile=0, exif=0, xmp=0, word=""):
    assert os.path.getsize(name) < 16_000, name
    rows.append([name, same if "." in same else f"expected_{same}.png", tolerance, profile, exif, xmp, word])


srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
exif = Image.Exif()
exif[0x010F] = "Maker"
exif[0x0110] = "Model"
exif_bytes = exif.tobytes()
xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta>"

# TIFF, by Pillow (libtiff)
for kind in ["raw", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits", "zstd", "lzma"]:
    name = f"pillow_{kind}.tif"
    try: Image.fromarray(rgb8).save(name, compression=kind)
    except OSError: continue
    row(name, "rgb8")
for name, array, same in [("gray", gray8, "gray8"), ("rgba", rgba8, "rgba8"), ("ga", ga8, "ga8")]:
    Image.fromarray(array).save(f"pillow_{name}.tif", compression="tiff_lzw")
    row(f"pillow_{name}.tif", same)
Image.fromarray(gray16).save("pillow_gray16.tif", compression="tiff_lzw")
row("pillow_gray16.tif", "gray16")
Image.fromarray(float1).save("pillow_float.tif", compression="tiff_deflate")
row("pillow_float.tif", "expected_float1.f32")
Image.fromarray(bits * 255).convert("1", dither=0).save("pillow_group4.tif", compression="group4")
row("pillow_group4.tif", "bits")
palette = Image.fromarray(rgb8).quantize(16, dither=0)
palette.save("pillow_palette.tif", compression="packbits")
palette.convert("RGB").save("expected_palette.png")
row("pillow_palette.tif", "palette")
Image.fromarray(smooth).save("pillow_jpeg.tif", compression="jpeg", quality=95)
row("pillow_jpeg.tif", "smooth", 12)
Image.fromarray(rgb8).save("pillow_metadata.tif", compression="tiff_lzw", icc_profile=srgb, dpi=(300, 150))
row("pillow_metadata.tif", "rgb8", profile=1)
Image.fromarray(rgb8).save("pillow_pages.tif", compression="tiff_lzw", save_all=True, append_images=[Image.fromarray(rgb8[:5])])
row("pillow_pages.tif", "rgb8", word="all pictures of the file but the first")

# TIFF, by tifffile
for name, array, same, options in [
    ("big", rgb8, "rgb8", dict(bigtiff=True)), ("bigendian", rgb16, "rgb16", dict(byteorder=">")),
    ("tiles", rgb8, "rgb8", dict(tile=(16, 16))), ("tiles_zip", rgb16, "rgb16", dict(tile=(16, 32), compression="zlib", predictor=True)),
    ("strips", rgb16, "rgb16", dict(rowsperstrip=4, compression="zlib")),
    ("rgba16", rgba16, "rgba16", dict(extrasamples=["unassalpha"])), ("gray_zip", gray16, "gray16", dict(compression="zlib")),
    ("float", float3, "expected_float3.f32", {}), ("float_tiles", float3, "expected_float3.f32", dict(tile=(16, 16), compression="zlib")),
    ("big_float", float1, "expected_float1.f32", dict(bigtiff=True, byteorder=">")),
    ("double", float1.astype(np.float64), "expected_float1.f32", {}),
]:
    photometric = "rgb" if array.ndim == 3 else "minisblack"
    file = f"tifffile_{name}.tif"
    tifffile.imwrite(file, array, photometric=photometric, metadata=None, **options)
    row(file, same)
tifffile.imwrite("tifffile_planar.tif", np.moveaxis(rgb16, -1, 0), photometric="rgb", planarconfig="separate", metadata=None)
row("tifffile_planar.tif", "rgb16")
tifffile.imwrite("tifffile_planar_tiles.tif", np.moveaxis(rgb8, -1, 0), photometric="rgb", planarconfig="separate", tile=(16, 16), metadata=None)
row("tifffile_planar_tiles.tif", "rgb8")
half = (np.round(float1 * 64) / 64).astype(np.float16)
tifffile.imwrite("tifffile_half.tif", half, photometric="minisblack", metadata=None)
expect(half.astype(np.float32), "expected_half.f32")
row("tifffile_half.tif", "expected_half.f32")
premultiplied = rgba16.astype(np.uint64)
premultiplied[..., :3] = (premultiplied[..., :3] * premultiplied[..., 3:] + 32767) // 65535
tifffile.imwrite("tifffile_associated.tif", premultiplied.astype(np.uint16), photometric="rgb", extrasamples=["assocalpha"], metadata=None)
restored = premultiplied.copy()
a = np.maximum(restored[..., 3:], 1)
restored[..., :3] = np.where(restored[..., 3:] > 0, np.minimum(65535, (restored[..., :3] * 65535 + a // 2) // a), restored[..., :3])
expect(restored.astype(np.uint16), "expected_associated.png")
row("tifffile_associated.tif", "associated")
tifffile.imwrite("tifffile_channels.tif", np.dstack([rgb8, gray8]), photometric="rgb", extrasamples=["unspecified"], metadata=None)
row("tifffile_channels.tif", "rgb8", word="channels that are neither colours nor alpha")
tifffile.imwrite("tifffile_white.tif", 255 - gray8, photometric="miniswhite", metadata=None)
row("tifffile_white.tif", "gray8")

# TIFF, by ImageMagick
png16(rgb16, "in16.png")
Image.fromarray(rgb8).save("in8.png")
run("convert", "in16.png", "-compress", "LZW", "magick_lzw16.tif"); row("magick_lzw16.tif", "rgb16")
run("convert", "in16.png", "-compress", "Zip", "-endian", "MSB", "magick_zip16.tif"); row("magick_zip16.tif", "rgb16")
run("convert", "in8.png", "-interlace", "Plane", "-compress", "LZW", "magick_plane.tif"); row("magick_plane.tif", "rgb8")
cmyk = PROFILES + "ps_cmyk.icc"
run("convert", "in8.png", "-profile", PROFILES + "srgb.icc", "-profile", cmyk, "-compress", "LZW", "magick_cmyk.tif")
inks = Image.open("magick_cmyk.tif")
seen = ImageCms.profileToProfile(inks, cmyk, ImageCms.createProfile("sRGB"), renderingIntent=1, outputMode="RGB",
                                 flags=ImageCms.Flags.BLACKPOINTCOMPENSATION)
seen.save("expected_cmyk.png")
row("magick_cmyk.tif", "cmyk", 1, profile=0, word="through the file's profile")
inks.save("pillow_cmyk.jpg", quality=95, subsampling=0, icc_profile=open(cmyk, "rb").read())
again = Image.open("pillow_cmyk.jpg")
ImageCms.profileToProfile(again, cmyk, ImageCms.createProfile("sRGB"), renderingIntent=1, outputMode="RGB",
                          flags=ImageCms.Flags.BLACKPOINTCOMPENSATION).save("expected_cmyk_jpeg.png")
row("pillow_cmyk.jpg", "cmyk_jpeg", 2, word="through the file's profile")

# WebP, by Pillow
Image.fromarray(rgb8).save("pillow_lossless.webp", lossless=True); row("pillow_lossless.webp", "rgb8")
Image.fromarray(rgba8).save("pillow_alpha.webp", lossless=True, exact=True); row("pillow_alpha.webp", "rgba8")
Image.fromarray(smooth).save("pillow_lossy.webp", quality=80)
Image.open("pillow_lossy.webp").convert("RGB").save("expected_webp_lossy.png"); row("pillow_lossy.webp", "webp_lossy", 1)
Image.fromarray(np.dstack([smooth, alpha8])).save("pillow_lossy_alpha.webp", quality=80)
Image.open("pillow_lossy_alpha.webp").save("expected_webp_alpha.png"); row("pillow_lossy_alpha.webp", "webp_alpha", 1)
Image.fromarray(rgb8).save("pillow_metadata.webp", lossless=True, icc_profile=srgb, exif=exif_bytes, xmp=xmp)
row("pillow_metadata.webp", "rgb8", profile=1, exif=1, xmp=1)
shot = Image.Exif()
shot[0x010F], shot[0x0110], shot[0x0132], shot[0x013B] = "Maker", "Model 5", "2026:11:30 12:34:56", "Ada"
shot.get_ifd(0x8769).update({0x829A: (1, 250), 0x829D: (28, 10), 0x8827: 400, 0x9003: "2026:11:30 12:34:50", 0xA434: "Lens 24-70",
                             0x927C: b"MAKER" * 10})
shot.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 14.5), 3: "E", 4: (11.0, 34.0, 31.0)})
Image.fromarray(rgb8).save("pillow_exif.jpg", exif=shot, quality=95, subsampling=0)


def exif_tiff(order, big):
    """By hand, since Pillow leaves EXIF's directories out of TIFF files: plain samples, then EXIF, GPS and the file's own directory."""
    number = lambda value, size: value.to_bytes(size, order)
    word, field = (8, 8) if big else (2, 4)
    def ascii(text): return (2, len(text) + 1, text.encode() + b"\0")
    def rational(*pairs): return (5, len(pairs), b"".join(number(a, 4) + number(b, 4) for a, b in pairs))
    def short(*values): return (3, len(values), b"".join(number(v, 2) for v in values))
    def long(value): return (4, 1, number(value, 4))
    out = bytearray(number(0x4949 if order == "little" else 0x4D4D, 2) + number(43 if big else 42, 2))
    out += (number(8, 2) + bytes(2) + bytes(8)) if big else bytes(4)
    samples = len(out)
    out += rgb8.tobytes()
    out += bytes(len(out) % 2)
    def directory(entries):
        start, values, table = len(out), b"", b""
        behind = start + word + len(entries) * (12 + 2 * (field - 4)) + field
        for tag, (kind, count, value) in sorted(entries.items()):
            table += number(tag, 2) + number(kind, 2) + number(count, field)
            if len(value) <= field: table += value.ljust(field, b"\0")
            else:
                table += number(behind + len(values), field)
                values += value + bytes(len(value) % 2)
        out.extend(number(len(entries), word) + table + bytes(field) + values)
        return start
    exif = directory({0x829A: rational((1, 250)), 0x829D: rational((28, 10)), 0x8827: short(400), 0x9003: ascii("2026:11:30 12:34:50"),
                      0xA434: ascii("Lens 24-70"), 0x927C: (7, 50, b"MAKER" * 10)})
    gps = directory({1: ascii("N"), 2: rational((48, 1), (8, 1), (29, 2)), 3: ascii("E"), 4: rational((11, 1), (34, 1), (31, 1))})
    first = directory({256: short(W), 257: short(H), 258: short(8, 8, 8), 259: short(1), 262: short(2), 273: long(samples), 277: short(3),
                       278: short(H), 279: long(W * H * 3), 271: ascii("Maker"), 272: ascii("Model 5"), 306: ascii("2026:11:30 12:34:56"),
                       315: ascii("Ada"), 0x8769: long(exif), 0x8825: long(gps)})
    place = 8 if big else 4
    out[place:place + field] = number(first, field)
    return bytes(out)


for name, order, big in [("exif_little.tif", "little", False), ("exif_big.tif", "big", False), ("exif_bigtiff.tif", "little", True)]:
    open(name, "wb").write(exif_tiff(order, big))
    row(name, "rgb8", exif=1, word="maker's note")
Image.fromarray(rgb8).save("pillow_frames.webp", lossless=True, save_all=True, append_images=[Image.fromarray(255 - rgb8)], duration=100)
Image.fromarray(np.dstack([rgb8, np.full_like(gray8, 255)])).save("expected_frame.png")
row("pillow_frames.webp", "frame", word="all frames of the animation but the first")

# HEIC and AVIF, by heif-enc, and AVIF by Pillow
png16(rgb16, "smooth16.png")
Image.fromarray(smooth).save("smooth8.png")
run("heif-enc", "-q", "95", "-p", "chroma=444", "smooth8.png", "-o", "heifenc.heic")
run("heif-convert", "heifenc.heic", "expected_heic.png"); row("heifenc.heic", "heic", 2)
run("heif-enc", "-A", "-L", "-p", "chroma=444", "--matrix_coefficients=0", "in8.png", "-o", "heifenc_lossless.avif"); row("heifenc_lossless.avif", "rgb8", 1)
run("heif-enc", "-A", "-b", "12", "-q", "90", "smooth16.png", "-o", "heifenc_12.avif")
run("heif-convert", "heifenc_12.avif", "expected_avif12.png"); row("heifenc_12.avif", "avif12", 2 * 257)
Image.fromarray(rgba8).save("pillow_lossless.avif", quality=100, subsampling="4:4:4", icc_profile=srgb, exif=exif_bytes, xmp=xmp)
Image.open("pillow_lossless.avif").save("expected_avif_alpha.png"); row("pillow_lossless.avif", "avif_alpha", 2, profile=1, exif=1, xmp=1)

# JPEG XL, by cjxl
Image.fromarray(gray8).save("gray8.png"); Image.fromarray(rgba8).save("rgba8.png")
for name, source, same in [("rgb", "in8.png", "rgb8"), ("gray", "gray8.png", "gray8"), ("alpha", "rgba8.png", "rgba8"), ("rgb16", "in16.png", "rgb16")]:
    run("cjxl", source, f"cjxl_{name}.jxl", "-d", "0"); row(f"cjxl_{name}.jxl", same)
Image.fromarray(smooth).save("exif.jpg", exif=exif_bytes, xmp=xmp, quality=95, subsampling=0)
run("cjxl", "exif.jpg", "cjxl_exif.jxl")
run("djxl", "cjxl_exif.jxl", "expected_jxl_exif.png"); row("cjxl_exif.jxl", "jxl_exif", 1, exif=1, xmp=1)
os.remove("exif.jpg")
run("cjxl", "smooth8.png", "cjxl_lossy.jxl", "-d", "1")
run("djxl", "cjxl_lossy.jxl", "expected_jxl_lossy.png"); row("cjxl_lossy.jxl", "jxl_lossy", 1)
with open("float.pfm", "wb") as file: file.write(b"PF\n%d %d\n-1.0\n" % (W, H) + float3[::-1].astype("<f4").tobytes())
run("cjxl", "float.pfm", "cjxl_float.jxl", "-d", "0"); row("cjxl_float.jxl", "expected_float3.f32")

# BMP, by Pillow and ImageMagick
for name, image, same in [("rgb", Image.fromarray(rgb8), "rgb8"), ("gray", Image.fromarray(gray8), "gray8"), ("palette", palette, "palette"),
                          ("bits", Image.fromarray(bits * 255).convert("1", dither=0), "bits"), ("rgba", Image.fromarray(rgba8), "rgb8")]:  # Pillow's header has no mask of alpha
    image.save(f"pillow_{name}.bmp"); row(f"pillow_{name}.bmp", same)
palette.save("palette.png")
run("convert", "palette.png", "-type", "Palette", "-compress", "RLE", "BMP3:magick_rle.bmp"); row("magick_rle.bmp", "palette")
run("convert", "in8.png", "-define", "bmp:subtype=RGB565", "magick_565.bmp")
Image.open("magick_565.bmp").convert("RGB").save("expected_565.png"); row("magick_565.bmp", "565", 1)

# PNM, by ImageMagick and Pillow; PFM
for name, source, words, same in [
    ("p6.ppm", "in8.png", [], "rgb8"), ("p3.ppm", "in8.png", ["-compress", "none"], "rgb8"), ("p6_16.ppm", "in16.png", [], "rgb16"),
    ("p5.pgm", "gray8.png", [], "gray8"), ("p2.pgm", "gray8.png", ["-compress", "none"], "gray8"), ("alpha.pam", "rgba8.png", [], "rgba8"),
]:
    run("convert", source, *words, "magick_" + name); row("magick_" + name, same)
Image.fromarray(bits * 255).save("bits.png")
run("convert", "bits.png", "magick_p4.pbm"); row("magick_p4.pbm", "bits")
run("convert", "bits.png", "-compress", "none", "magick_p1.pbm"); row("magick_p1.pbm", "bits")
os.rename("float.pfm", "little.pfm"); row("little.pfm", "expected_float3.f32")
with open("big.pfm", "wb") as file: file.write(b"Pf\n%d %d\n1.0\n" % (W, H) + float1[::-1].astype(">f4").tobytes())
row("big.pfm", "expected_float1.f32")

# Colours: pictures with profiles, and what Little CMS makes of them in sRGB
for name in ["a98", "rommrgb", "scrgb"]:
    profile = PROFILES + name + ".icc"
    Image.fromarray(rgb8).save(f"colours_{name}.png", icc_profile=open(profile, "rb").read())
    ImageCms.profileToProfile(Image.fromarray(rgb8), profile, ImageCms.createProfile("sRGB"), renderingIntent=1, outputMode="RGB",
                              flags=ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.HIGHRESPRECALC).save(f"screen_{name}.png")
Image.fromarray(gray8).save("colours_gray.png", icc_profile=open(PROFILES + "ps_gray.icc", "rb").read())
# Pillow's own way for gray of 8 bits is off by several levels where it is dark: transicc computes each value.
lines = "".join(f"{value}\n" for value in range(256))
told = subprocess.run(["transicc", "-i", PROFILES + "ps_gray.icc", "-o", "*sRGB", "-t1", "-b"], input=lines, capture_output=True, text=True).stdout
shades = np.array([float(line.split()[0].removeprefix("R=")) for line in told.splitlines() if line.startswith("R=")])
Image.fromarray(np.repeat(np.round(shades[gray8])[..., None], 3, -1).astype(np.uint8)).save("screen_gray.png")

for name in ["in16.png", "in8.png", "smooth8.png", "smooth16.png", "gray8.png", "rgba8.png", "palette.png", "bits.png"]: os.remove(name)
with open("files.tsv", "w") as file:
    file.write("file\texpected\ttolerance\tprofile\texif\txmp\tword\n")
    for line in rows: file.write("\t".join(map(str, line)) + "\n")
print(len(rows), "files,", sum(os.path.getsize(name) for name in os.listdir(".")), "bytes")

# A corpus for each fuzz target: five small sound files and three damaged ones.
FUZZ = os.path.join(HERE, "../../Fuzz/corpus/")
corpora = {
    "tiff": ["pillow_tiff_lzw.tif", "tifffile_tiles.tif", "pillow_palette.tif", "tifffile_half.tif", "pillow_group4.tif"],
    "webp": ["pillow_lossless.webp", "pillow_alpha.webp", "pillow_lossy.webp", "pillow_metadata.webp", "pillow_frames.webp"],
    "heif": ["heifenc.heic", "heifenc_lossless.avif", "heifenc_12.avif", "pillow_lossless.avif"],
    "jxl": ["cjxl_rgb.jxl", "cjxl_gray.jxl", "cjxl_alpha.jxl", "cjxl_exif.jxl", "cjxl_lossy.jxl"],
    "bmp": ["pillow_gray.bmp", "pillow_palette.bmp", "pillow_bits.bmp", "magick_rle.bmp", "magick_565.bmp"],
    "pnm": ["magick_p6.ppm", "magick_p2.pgm", "magick_alpha.pam", "magick_p4.pbm", "big.pfm"],
}
run("heif-enc", "-A", "-q", "30", "expected_smooth.png", "-o", "/tmp/small.avif")
for target, names in corpora.items():
    os.makedirs(FUZZ + target, exist_ok=True)
    for name in names:
        open(FUZZ + target + "/" + name, "wb").write(open(name, "rb").read())
    sound = open(names[0], "rb").read()
    open(FUZZ + target + "/cut." + target, "wb").write(sound[:len(sound) * 6 // 10])
    open(FUZZ + target + "/header." + target, "wb").write(sound[:30])
    open(FUZZ + target + "/flipped." + target, "wb").write(sound[:60] + bytes(b ^ 0x40 for b in sound[60:90]) + sound[90:])
open(FUZZ + "heif/small.avif", "wb").write(open("/tmp/small.avif", "rb").read())
