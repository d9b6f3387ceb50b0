#!/usr/bin/env python3
"""Makes the hand-made files of the fuzz corpora anew: python3 Tests/Fuzz/corpus/generate.py

Files named finding_* are inputs that once broke something; they come from the fuzzer and are not made here. Needs Pillow and, for
the arithmetic JPEG files, jpegtran of libjpeg-turbo. Everything is small: the fuzzer does the rest.
"""

import io
import json
import pathlib
import pickle
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib

from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent.parent


def put(target, name, data):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)


def picture(mode, size=(19, 13)):
    rgb = Image.new("RGB", size)
    rgb.putdata([(x * 13 % 256, y * 19 % 256, (x * y) % 256) for y in range(size[1]) for x in range(size[0])])
    return rgb.convert(mode)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, before=b"", interlace=0, after=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(rows)) + after
            + chunk(b"IEND", b""))


EXIF = (b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + struct.pack("<HHII", 274, 3, 1, 6)
        + struct.pack("<HHII", 305, 2, 4, 0x20676E70) + struct.pack("<I", 0))
ICC = b"\0" * 36 + b"acsp" + b"\0" * 88 + struct.pack(">I", 0)


def pngs():
    """What PngSuite, which is read beside this folder, has not: metadata of every kind, and all at once."""
    gray = b"".join(b"\0" + bytes([y * 8 + x for x in range(8)]) for y in range(8))
    for orientation in range(1, 9):
        exif = EXIF.replace(struct.pack("<HHII", 274, 3, 1, 6), struct.pack("<HHII", 274, 3, 1, orientation))
        put("png", f"exif_{orientation}.png", png(8, 8, 8, 0, gray, chunk(b"eXIf", exif)))
    big = b"MM\0*" + struct.pack(">IH", 8, 1) + struct.pack(">HHIHH", 274, 3, 1, 5, 0) + struct.pack(">I", 0)
    put("png", "exif_big_endian_behind.png", png(8, 8, 8, 0, gray, after=chunk(b"eXIf", big)))
    profile = struct.pack(">I", len(ICC)) + ICC[4:]
    put("png", "icc.png", png(8, 8, 8, 0, gray, chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))))
    everything = (
        chunk(b"gAMA", struct.pack(">I", 45455))
        + chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
        + chunk(b"sRGB", b"\0") + chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1))
        + chunk(b"tEXt", b"Title\0words") + chunk(b"zTXt", b"Note\0\0" + zlib.compress(b"more words" * 9))
        + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>") + chunk(b"acTL", struct.pack(">II", 1, 0))
        + chunk(b"sBIT", b"\5") + chunk(b"bKGD", b"\0\7") + chunk(b"tIME", struct.pack(">HBBBBB", 2026, 1, 2, 3, 4, 5)))
    put("png", "everything.png", png(8, 8, 8, 0, gray, everything))
    palette = chunk(b"PLTE", bytes(range(12))) + chunk(b"tRNS", bytes([0, 128, 255]))
    put("png", "palette_transparent.png", png(4, 2, 2, 3, b"\0\x1b\0\xe4", palette))
    put("png", "gray_transparent.png", png(8, 8, 8, 0, gray, chunk(b"tRNS", b"\0\5")))
    put("png", "rgb_16_transparent.png", png(1, 1, 16, 2, b"\0abcdef", chunk(b"tRNS", b"abcdef")))


def jpegs():
    def jpeg(mode, **options):
        data = io.BytesIO()
        picture(mode).save(data, "JPEG", **options)
        return data.getvalue()

    files = {
        "gray.jpg": jpeg("L"), "444.jpg": jpeg("RGB", subsampling=0), "422.jpg": jpeg("RGB", subsampling=1),
        "420.jpg": jpeg("RGB", subsampling=2), "progressive_420.jpg": jpeg("RGB", progressive=True),
        "progressive_gray.jpg": jpeg("L", progressive=True), "cmyk.jpg": jpeg("CMYK"),
        "cmyk_progressive.jpg": jpeg("CMYK", progressive=True), "restarts.jpg": jpeg("RGB", restart_marker_blocks=1),
        "optimised.jpg": jpeg("RGB", optimize=True), "quality_1.jpg": jpeg("RGB", quality=1),
        "dpi.jpg": jpeg("RGB", dpi=(300, 150)), "exif_6.jpg": jpeg("RGB", exif=b"Exif\0\0" + EXIF),
        "icc.jpg": jpeg("RGB", icc_profile=ICC), "comment.jpg": jpeg("RGB", comment=b"words"),
        "rgb_components.jpg": jpeg("RGB", keep_rgb=True),
    }
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x/>"
    photoshop = b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0"
    segments = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data
                        for marker, data in [(0xE1, xmp), (0xED, photoshop)])
    files["xmp_photoshop.jpg"] = files["gray.jpg"][:2] + segments + files["gray.jpg"][2:]
    adobe = files["cmyk.jpg"].find(b"Adobe")
    files["ycck.jpg"] = files["cmyk.jpg"][:adobe + 11] + b"\2" + files["cmyk.jpg"][adobe + 12:]
    if shutil.which("jpegtran"):
        for name in ["gray", "420", "cmyk"]:
            for kind, more in [("arithmetic", []), ("arithmetic_progressive", ["-progressive"])]:
                made = subprocess.run(["jpegtran", "-arithmetic", *more], input=files[name + ".jpg"], capture_output=True)
                files[f"{kind}_{name}.jpg"] = made.stdout
    for name, data in files.items():
        put("jpeg", name, data)


def tiff(entries, data, order="<", start=None):
    """A TIFF file of one directory; entries are (tag, type, values or bytes). Tag 273 with None is where `data` lies."""
    sizes = {1: "B", 2: None, 3: "H", 4: "I", 5: None, 10: None}
    heap, table = b"", b""
    at = 8 + 2 + len(entries) * 12 + 4
    total = sum(len(e[2]) for e in entries if isinstance(e[2], bytes) and len(e[2]) > 4)
    for tag, kind, values in sorted(entries, key=lambda e: e[0]):
        if values is None:
            values = [at + total]
        raw = values if isinstance(values, bytes) else struct.pack(order + str(len(values)) + sizes[kind], *values)
        size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 10: 8}[kind]
        table += struct.pack(order + "HHI", tag, kind, len(raw) // size)
        if len(raw) > 4:
            table += struct.pack(order + "I", at + len(heap))
            heap += raw
        else:
            table += raw.ljust(4, b"\0")
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", 8) + struct.pack(order + "H", len(entries)) + table + b"\0\0\0\0" + heap + data


def raws():
    """Digital negatives as small as they get (Adobe DNG 1.4), and the uncompressed formats."""
    matrix = [3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570]

    def dng(order="<", pattern=bytes([0, 1, 1, 2]), bits=16, compression=1, more=(), side=24, turned=1, data=None):
        def rational(values):
            return b"".join(struct.pack(order + "ii", round(v * 10000), 10000) for v in values)

        samples = b"".join(struct.pack(order + "H", 600 + (x * 37 + y * 91) % 9000) for y in range(side) for x in range(side))
        data = data or samples
        return tiff([
            (254, 4, [0]), (256, 4, [side]), (257, 4, [side]), (258, 3, [bits]), (259, 3, [compression]), (262, 3, [32803]),
            (271, 2, b"Testlab\0"), (272, 2, b"Pinhole\0"), (273, 4, None), (274, 3, [turned]), (277, 3, [1]), (278, 4, [side]),
            (279, 4, [len(data)]), (33421, 3, [2, 2]), (33422, 1, pattern), (50706, 1, bytes([1, 4, 0, 0])),
            (50708, 2, b"Testlab Pinhole\0"), (50714, 4, [512]), (50717, 4, [16000]), (50721, 10, rational(matrix)),
            (50728, 5, rational([0.5, 1, 0.7])), (50778, 3, [21])] + list(more), data, order)

    put("raw", "rggb.dng", dng())
    put("raw", "grbg_big_endian.dng", dng(">", bytes([1, 0, 2, 1])))
    put("raw", "turned_6.dng", dng(turned=6))
    put("raw", "turned_8_bggr.dng", dng(turned=8, pattern=bytes([2, 1, 1, 0])))
    put("raw", "cyan_magenta.dng", dng(pattern=bytes([3, 4, 5, 3])))
    put("raw", "active_area.dng", dng(more=[(50829, 4, [2, 2, 22, 22])]))
    put("raw", "black_pattern.dng", dng(more=[(50713, 3, [2, 2])]))
    put("raw", "linear_table.dng", dng(more=[(50712, 3, [i * 16 for i in range(64)])]))
    put("raw", "8_bits.dng", dng(bits=8, data=bytes((x * 37) % 256 for x in range(576))))
    put("raw", "12_bits_packed.dng", dng(bits=12, data=bytes((x * 37) % 256 for x in range(864))))
    put("raw", "lossless_jpeg.dng", dng(compression=7, data=lossless_jpeg(24, 24)))
    put("raw", "lossless_scene.dng", dng(compression=7, side=96, data=lossless_scene(96)))
    put("raw", "cut_off.dng", dng()[:700])
    put("raw", "no_mosaic.dng", dng(more=[]).replace(struct.pack("<HHII", 262, 3, 1, 32803), struct.pack("<HHII", 262, 3, 1, 34892)))
    for name, order, bits, channels in [("gray8.tif", "<", 8, 1), ("rgb8.tif", ">", 8, 3), ("rgb16.tif", "<", 16, 3)]:
        data = bytes((x * 7) % 256 for x in range(6 * 4 * channels * bits // 8))
        put("raw", name, tiff([
            (256, 4, [6]), (257, 4, [4]), (258, 3, [bits] * channels), (259, 3, [1]), (262, 3, [1 if channels == 1 else 2]),
            (273, 4, None), (277, 3, [channels]), (278, 4, [4]), (279, 4, [len(data)]), (284, 3, [1])], data, order))
    packed = b"".join(bytes([1, y, y, 253, 9]) for y in range(4))  # two as they are, one four times: 6 a row
    put("raw", "packbits.tif", tiff([
        (256, 4, [6]), (257, 4, [4]), (258, 3, [8]), (259, 3, [32773]), (262, 3, [1]), (273, 4, None), (277, 3, [1]),
        (278, 4, [4]), (279, 4, [len(packed)]), (284, 3, [1])], packed))
    for name, mode in [("palette.bmp", "P"), ("rgb.bmp", "RGB"), ("gray.bmp", "L")]:
        data = io.BytesIO()
        picture(mode, (7, 5)).save(data, "BMP")
        put("raw", name, data.getvalue())


def lossless(bits, precision, width, height, table):
    """A lossless JPEG (process 14, predictor 1) of one component whose coded differences are `bits`."""
    def segment(marker, data):
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    return (b"\xff\xd8" + segment(0xC4, table)
            + segment(0xC3, struct.pack(">BHHB", precision, height, width, 1) + bytes([0, 0x11, 0]))
            + segment(0xDA, bytes([1, 0, 0, 1, 0, 0])) + data + b"\xff\xd9")


def lossless_jpeg(width, height):
    """One of 14 bits whose differences are all 0 or 1."""
    table = bytes([0]) + bytes([0, 2] + [0] * 14) + bytes([0, 1])  # codes 00: no difference, 01: one bit follows
    bits = "".join("011" if (x + y) % 3 == 0 else "00" for y in range(height) for x in range(width))
    return lossless(bits, 14, width, height, table)


def lossless_scene(side):
    """One of 16 bits and a smooth scene, with all 17 categories of differences in codes of five bits."""
    rows = [[1500 + 60 * x + 30 * y + (x * 37 + y * 91) % 60 for x in range(side)] for y in range(side)]
    bits = ""
    for y, row in enumerate(rows):
        for x, sample in enumerate(row):
            difference = sample - (row[x - 1] if x else rows[y - 1][0] if y else 1 << 15)
            category = abs(difference).bit_length()
            value = difference if difference >= 0 else difference + (1 << category) - 1
            bits += f"{category:05b}" + (f"{value:0{category}b}" if category else "")
    table = bytes([0]) + bytes(17 if length == 5 else 0 for length in range(1, 17)) + bytes(range(17))
    return lossless(bits, 16, side, side, table)


# Checkpoints

def stored(entries):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()


def text(words):
    return b"X" + struct.pack("<I", len(words)) + words.encode()


def tensor(shape, key="0", count=16, kind="FloatStorage"):
    def number(value):
        return b"K" + bytes([value])

    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    storage = b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu") + number(count) + b"tQ"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + b"(" + b"".join(map(number, shape)) + b"t("
            + b"".join(map(number, strides)) + b"t\x89ccollections\nOrderedDict\n)RtR")


def dictionary(pairs):
    return b"}(" + b"".join(text(key) + value for key, value in pairs) + b"u"


def checkpoints():
    def whole(value):
        return b"\x80\x02" + value + b"."

    state = dictionary([("conv_first.weight", tensor([2, 3, 1, 1])), ("conv_first.bias", tensor([2]))])
    settings = dictionary([("window", b"K\x08"), ("stripes", b"](K\x08Ne"), ("rate", b"G?\xf0\0\0\0\0\0\0"), ("on", b"\x88")])
    pickles = {
        "plain": state,
        "params_ema": dictionary([("params", state), ("params_ema", state)]),
        "lightning": dictionary([("state_dict", dictionary([("model." + "conv_first.weight", tensor([2, 3, 1, 1]))])),
                                 ("hyper_parameters", settings), ("epoch", b"K\x03"), ("callbacks", b"}")]),
        "ordered": b"ccollections\nOrderedDict\n)R(" + text("w") + tensor([4]) + b"u}(" + text("_metadata") + b"}ub",
        "memo": b"}q\0(" + text("w") + b"q\1" + tensor([4]) + b"q\2" + text("v") + b"h\2u",
        "parameter": dictionary([("w", b"ctorch._utils\n_rebuild_parameter\n(" + tensor([2, 2]) + b"\x88}tR")]),
        "half": dictionary([("w", tensor([4], kind="HalfStorage")), ("b", tensor([4], kind="BFloat16Storage")),
                            ("i", tensor([4], kind="LongStorage"))]),
        "numbers": dictionary([("a", b"J\xff\xff\xff\xff"), ("b", b"M\xff\xff"), ("c", b"\x8a\x02\xff\x00"), ("d", b"N"),
                               ("e", b"C\x03abc"), ("f", b"\x85"), ("w", tensor([1]))]).replace(b"\x85", b")"),
        "forbidden": dictionary([("w", b"cos\nsystem\n(" + text("true") + b"tR")]),
    }
    for name, value in pickles.items():
        put("checkpoint", f"pickle_{name}.pkl", whole(value))
    protocol_5 = pickle.dumps({"hyper_parameters": {"window": 8, "list": [1, 2.5, "x", None, True]}, "epoch": 3}, protocol=5)
    put("checkpoint", "pickle_protocol_5.pkl", protocol_5)
    files = [("archive/data.pkl", whole(state)), ("archive/data/0", bytes(64)), ("archive/version", b"3\n")]
    put("checkpoint", "archive.pth", stored(files))
    put("checkpoint", "archive_lightning.ckpt", stored([("a/data.pkl", whole(pickles["lightning"])), ("a/data/0", bytes(64)),
                                                      ("a/byteorder", b"little"), ("a/version", b"3\n")]))
    legacy = b"".join(pickle.dumps(value, protocol=2) for value in [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}])
    put("checkpoint", "legacy.pth", legacy + whole(state))

    def safetensors(tensors, metadata=None):
        header, data = {}, b""
        if metadata:
            header["__metadata__"] = metadata
        for name, (kind, shape, content) in tensors.items():
            header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
            data += content
        head = json.dumps(header).encode()
        return struct.pack("<Q", len(head)) + head + data

    kinds = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
    put("checkpoint", "every_type.safetensors",
        safetensors({kind: (kind, [2], bytes(2 * size)) for kind, size in kinds.items()}))
    configuration = {
        "in_channels": 3, "embed_dim": 8, "depths": [1], "heads_window": 1, "heads_stripe": 1, "window": 8,
        "stripe_size": [8, None], "stripe_groups": [None, 4], "stripe_shift": True, "anchor_factor": 2, "mlp_ratio": 2.0,
        "qkv_bias": True, "local_connection": False, "upscale": 1, "upsampler": "", "img_range": 1.0}
    metadata = {
        "config": json.dumps(configuration), "task": "dn", "variant": "tiny", "title": "A model", "licence": "MIT",
        "degradation": '{"kind": "noise", "sigma": [0, 55]}', "training": '{"iterations": 4620, "samples": 36960, "minutes": 59.6}',
        "data": '{"photos": 12, "note": "own"}', "psnr": '{"CBSD68/25": 30.1, "Set5/x4": 31}', "psnr_input": '{"CBSD68/25": 20.5}'}
    put("checkpoint", "configured.safetensors", safetensors({"w": ("F32", [1], bytes(4))}, metadata))
    network = {
        "conv_first.weight": [4, 3, 3, 3], "conv_first.bias": [4], "conv_last.weight": [3, 4, 3, 3],
        "layers.0.conv.weight": [4, 4, 3, 3], "layers.0.blocks.0.attn.qkv.body.weight": [12, 4],
        "layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale": [1, 1, 1],
        "layers.0.blocks.0.attn.stripe_attn.attn_transform1.logit_scale": [1, 1, 1], "layers.0.blocks.0.mlp.fc1.weight": [8, 4],
        "table_w": [1, 15, 15, 2], "index_w": [64, 64]}
    sizes = {name: __import__("math").prod(shape) for name, shape in network.items()}
    put("checkpoint", "shapes.safetensors",
        safetensors({name: ("U8", shape, bytes(sizes[name])) for name, shape in network.items()}))


# The wire: the recorded conversation, one stream each

def wire():
    def frame(head, body=b""):
        head = head.encode()
        return struct.pack("<II", len(head), len(body)) + head + body

    seen = {}
    for line in (TESTS / "Recordings/wire.txt").read_text().splitlines():
        side, words = line[0], line[2:]
        head, _, more = words.partition(" + ")
        message = json.loads(head)
        kind = next(iter(message["request" if side == ">" else "reply"]))
        inner = message.get("reply", {}).get("event")
        if inner:
            kind = "event_" + next(iter(inner["_0"]))
        if kind == "comparison":
            kind += "_" + next(iter(message["reply"][kind]["_0"]))
        name = f"{'question' if side == '>' else 'answer'}_{kind}"
        body = bytes(i % 256 for i in range(int(more.split()[0]) if more else 0))
        if inner:
            body = b"5jj\rTq?:x7"  # keys that are pressed then
        seen[name] = seen.get(name, 0) + 1
        put("wire", name + (f"_{seen[name]}" if seen[name] > 1 else "") + ".frames", frame(head, body))
    answers = [l[2:].partition(" + ") for l in (TESTS / "Recordings/wire.txt").read_text().splitlines() if l[0] == "<"]
    everything = b"".join(frame(head, bytes(int(more.split()[0]) if more else 0)) for head, _, more in answers)
    put("wire", "conversation.frames", everything)
    put("wire", "cut_off.frames", everything[:3001])
    put("wire", "too_large.frames", struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + b"{}")
    put("wire", "too_deep.frames", frame('{"id":1,"request":' + "[" * 40 + "]" * 40 + "}"))
    put("wire", "no_json.frames", frame("words") + frame('{"id":1,"reply":{"done":{}}}'))


# Texts

def themes():
    """Besides the bundled ones: every key, every kind of value, every complaint."""
    put("theme", "everything.theme", b"""# a comment
name = Every key
author = Nobody
background = light
text = #d4dae2 on #12161c bold dim underline reverse
accent.16 = bright-cyan on standard
cursor.mono = reverse
bar.256 = #7cc4e8 on blue   # a colour with a comment
heat = #440154 #21918c #fde725
tile-failed = on red
""")
    put("theme", "wrong.theme", b"""no equals
unknown = red
text = #12345
text = #12345g on
background = blue
heat = #000000
heat = red blue
text.512 = red
name = \xff\xfe
= red
text =
""")
    put("theme", "names.theme", "name = \u202egnp\u0301.\x1b[31m \U0001f468\u200d\U0001f469 \u00fc\nauthor = \u0000\n".encode())
    put("theme", "carriage_returns.theme", b"name = a b\r\ntext = red\r\n\r\n\tbackground = dark\r")
    put("theme", "long_line.theme", b"name = " + b"a" * 1100 + b"\n")
    put("theme", "many_complaints.theme", b"x\n" * 40)
    put("theme", "empty.theme", b"\n")


def checksum(data):
    """As Sources/EngineCore/Store/Checksum.swift reckons it."""
    mask = (1 << 64) - 1
    value = 0x9E3779B97F4A7C15 ^ len(data)

    def add(value, word):
        value = (value ^ word) * 0xD6E8FEB86659FD93 & mask
        return value ^ value >> 32

    end = len(data) // 8 * 8
    for place in range(0, end, 8):
        value = add(value, int.from_bytes(data[place:place + 8], "little"))
    value = add(add(value, int.from_bytes(data[end:], "big")), len(data))
    return b"%016x" % value


def journals():
    identity = {"bytes": 1048576, "modified": 1763700000750000000, "sha256": "0f" * 32}
    record = {
        "input": identity, "right": identity, "model": "denoise-color-tiny", "modelHash": "ab" * 32, "instructionSet": "avx512",
        "width": 640, "height": 480, "side": 256, "overlap": 32, "tileCount": 6, "tileBytes": 786432, "reason": "fits 4 GiB"}
    process = {"host": "tower", "boot": "b", "namespace": "pid:[1]", "process": 4711, "started": "12345"}
    other = dict(process, process=4712, started="23456")
    lines = {
        "attempt": {"attempt": {"picture": 0, "process": process}}, "left": {"left": {"picture": 0}},
        "began": {"began": {"picture": 0, "record": record}},
        "tile": {"tile": {"picture": 0, "tile": 1, "checksum": "0123456789abcdef", "seconds": 1.25}},
        "writing": {"writing": {"picture": 0}},
        "done": {"done": {"picture": 0, "seconds": 7.5, "seamScore": 1.004, "notes": ["16 bit stays 16 bit"]}},
        "failed": {"failed": {"picture": 1, "status": 3, "reason": "not a picture"}},
        "skipped": {"skipped": {"picture": 2, "reason": "another process made it"}}, "retry": {"retry": {"pictures": [0, 1, 9]}},
        "state": {"state": {"_0": "paused", "reason": "the disk is full"}}, "order": {"order": {"pictures": [2, 0, 1]}},
        "rank": {"rank": {"_0": 12.5}}}

    def line(entry):
        data = json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()
        return checksum(data) + b" " + data + b"\n"

    for name, entry in lines.items():
        put("journal", f"line_{name}.journal", line(entry))
    story = [lines[name] for name in ["attempt", "began", "tile", "writing", "done", "failed", "skipped", "state", "rank"]]
    put("journal", "story.journal", b"".join(map(line, story)))
    put("journal", "torn.journal", b"".join(map(line, story))[:-9])
    deaths = [lines["attempt"], {"attempt": {"picture": 0, "process": other}}, lines["attempt"], lines["retry"]]
    put("journal", "deaths.journal", b"".join(map(line, deaths)))
    states = [{"state": {"_0": state}} for state in ["running", "paused", "cancelled", "waiting", "failed", "done"]]
    put("journal", "states.journal", b"".join(map(line, states)))
    put("journal", "no_such_pictures.journal",
        b"".join(map(line, [{"left": {"picture": -1}}, {"writing": {"picture": 1 << 62}}, {"order": {"pictures": [0, 0, 1]}}])))
    put("journal", "wrong_checksum.journal", b"0" * 16 + line(lines["left"])[16:])
    put("journal", "unknown_entry.journal", line({"later": {"picture": 0}}))
    request = {
        "inputs": ["/photos"], "isRecursive": True, "task": "sr", "scale": 4, "filters": "rggb", "tile": {"side": {"_0": 256}},
        "depth": "keep", "metadata": "keep", "usesSelfEnsemble": False, "name": "{stem}_{task}.{ext}", "existing": "skip",
        "region": [1, 2, 3, 4], "network": {"window": 8}, "sigma": 25.5}
    job = {
        "version": 1, "id": "20261122-215219-k3f9", "created": 1763800000.25, "owner": "restore", "request": request,
        "pictures": [{"input": "/photos/a.png", "output": "/photos/b.png"}], "skipped": [{"input": "/c.png", "output": "/d.png"}]}
    for name, more in [("job", {}), ("job_version_2", {"version": 2}), ("job_without_pictures", {"pictures": []})]:
        put("journal", name + ".journal", json.dumps(dict(job, **more)).encode() + b"\n" + b"".join(map(line, story)))
    put("journal", "job_damaged.journal", json.dumps(job).encode()[:200])


def settings():
    everything = {
        "theme": "dark", "colours": "256", "graphics": "kitty", "showsHidden": True, "usesMouse": True,
        "memoryBytes": 4294967296, "threadCount": 2, "host": "me@server", "task": "denoise"}
    put("settings", "everything.json", json.dumps(everything, indent=2).encode())
    put("settings", "empty.json", b"{}")
    put("settings", "nulls.json", json.dumps({key: None for key in everything}).encode())
    wrong = dict(theme=1, colours=[], graphics={}, showsHidden="yes", usesMouse=2, memoryBytes=1.5, threadCount="2", host=0, task=[1])
    put("settings", "wrong_kinds.json", json.dumps(wrong).encode())
    put("settings", "unknown_keys.json", b'{"later":{"a":[1]},"":0,"\\u0000":1,"theme":"light"}')
    put("settings", "large_numbers.json", b'{"memoryBytes":9223372036854775807,"threadCount":-9223372036854775808}')
    put("settings", "too_large_numbers.json", b'{"memoryBytes":1e999,"threadCount":18446744073709551616}')
    put("settings", "escapes.json", b'{"theme":"\\u202e\\ud83d\\ude00\\u001b[31m","host":"-oProxyCommand=x","task":"\\ud83d"}')
    put("settings", "twice.json", b'{"theme":"a","theme":"b"}')
    put("settings", "deep.json", b'{"theme":' + b"[" * 600 + b"]" * 600 + b"}")
    put("settings", "array.json", b"[]")
    put("settings", "not_json.json", b"theme = dark\n")
    put("settings", "utf16.json", '{"theme":"light"}'.encode("utf-16"))


def tar(form, members):
    """An archive of (name, bytes or kind) without the zeros that fill its last record."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            else:
                entry.type, entry.linkname = content, "elsewhere"
                archive.addfile(entry)
    return out.getvalue().rstrip(b"\0").ljust((len(out.getvalue().rstrip(b"\0")) + 511) // 512 * 512, b"\0") + bytes(1024)


def summed(header):
    """A header with its sum."""
    header = bytearray(header.ljust(512, b"\0"))
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def tars():
    long = "d" * 90 + "/" + "n" * 120 + ".png"
    names = [("a.png", b"first"), ("folder/b.jpg", b"x" * 600), ("empty.png", b"")]
    put("tar", "names.tar", tar(tarfile.USTAR_FORMAT, names))
    put("tar", "prefix.tar", tar(tarfile.USTAR_FORMAT, [("d" * 90 + "/" + "n" * 90, b"prefix")]))
    put("tar", "gnu_long.tar", tar(tarfile.GNU_FORMAT, [(long, b"long"), ("a.png", b"short")]))
    put("tar", "pax.tar", tar(tarfile.PAX_FORMAT, [(long, b"long"), ("\u00e4.png", b"accent")]))
    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE]
    put("tar", "kinds.tar", tar(tarfile.GNU_FORMAT, [(str(n), kind) for n, kind in enumerate(kinds)] + names))
    put("tar", "no_end.tar", tar(tarfile.USTAR_FORMAT, names)[:-1024])
    put("tar", "cut.tar", tar(tarfile.USTAR_FORMAT, names)[:1500])
    put("tar", "no_archive.tar", b"text, and not an archive" * 40)
    head = lambda size, kind=b"0": summed(b"a.png".ljust(124, b"\0") + size.ljust(12, b"\0") + bytes(20) + kind + bytes(100) + b"ustar\00000")
    put("tar", "wide_size.tar", head(b"\x80".ljust(11, b"\0") + b"\x05") + b"wide!".ljust(512, b"\0") + bytes(1024))
    put("tar", "huge_size.tar", head(b"\x80".ljust(4, b"\0") + b"\x3f" + b"\xff" * 7) + bytes(1024))
    put("tar", "negative_size.tar", head(b"\xff" * 12) + bytes(1024))
    put("tar", "lying_record.tar", head(b"00000000024", b"x") + b"99999 path=a.png\n\n\n\n".ljust(512, b"\0") + bytes(1024))
    put("tar", "size_record.tar", head(b"00000000017", b"x") + b"15 size=999999\n".ljust(512, b"\0") + head(b"00000000005") + bytes(512))


def profile(space, tags, version=0x02400000):
    """An ICC profile of these tags (name, bytes)."""
    start, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, value in tags:
        table += struct.pack(">4sII", name, start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"lcms", version, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def iccs():
    xyz = lambda *values: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))
    curve = lambda *values: b"curv\0\0\0\0" + struct.pack(">I%dH" % len(values), len(values), *values)
    para = lambda kind, *values: b"para\0\0\0\0" + struct.pack(">HH%di" % len(values), kind, 0, *(round(v * 65536) for v in values))
    colours = [(b"rXYZ", xyz(0.6097, 0.3111, 0.0195)), (b"gXYZ", xyz(0.2053, 0.6257, 0.0609)),
               (b"bXYZ", xyz(0.1492, 0.0632, 0.7446)), (b"wtpt", xyz(0.9642, 1, 0.8249))]
    channels = (b"rTRC", b"gTRC", b"bTRC")
    rgb = lambda trc, more=[]: profile(b"RGB ", colours + [(name, trc) for name in channels] + more)
    gamma = curve(round(2.2 * 256))
    put("icc", "gamma.icc", rgb(gamma))
    put("icc", "linear.icc", rgb(curve()))
    put("icc", "table.icc", rgb(curve(*[round((n / 31) ** 1.8 * 65535) for n in range(32)])))
    put("icc", "falling.icc", rgb(curve(*[65535 - n * 2000 for n in range(32)])))
    put("icc", "flat.icc", rgb(curve(*[30000] * 16)))
    for kind, values in enumerate([[2.4], [2.4, 0.95, 0.05], [2.4, 0.95, 0.05, 0.01], [2.4, 0.948, 0.052, 0.077, 0.04],
                                   [2.4, 0.948, 0.052, 0.077, 0.04, 0.01, 0.02]]):
        put("icc", f"parametric_{kind}.icc", rgb(para(kind, *values)))
    put("icc", "gray.icc", profile(b"GRAY", [(b"kTRC", gamma), (b"wtpt", xyz(0.9642, 1, 0.8249))]))
    put("icc", "pq.icc", rgb(gamma, [(b"cicp", b"cicp\0\0\0\0" + bytes([9, 16, 0, 1]))]))
    put("icc", "no_colours.icc", profile(b"RGB ", colours[:2]))
    put("icc", "ink.icc", profile(b"CMYK", [(b"wtpt", xyz(0.9642, 1, 0.8249))]))
    put("icc", "cut.icc", rgb(gamma)[:200])
    put("icc", "empty_tags.icc", profile(b"RGB ", [(name, b"") for name in channels]))
    put("icc", "far_tag.icc", rgb(gamma).replace(struct.pack(">4sI", b"rTRC", 128 + 4 + 12 * 7 + 80), struct.pack(">4sI", b"rTRC", 1 << 31)))


for folder in ["png", "jpeg", "icc", "raw", "checkpoint", "tar", "wire", "theme", "journal", "settings"]:
    for old in (HERE / folder).glob("*"):
        if not old.name.startswith("finding_"):
            old.unlink()
for make in [pngs, jpegs, iccs, raws, checkpoints, tars, wire, themes, journals, settings]:
    make()
