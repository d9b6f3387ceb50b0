#!/usr/bin/env python3
"""Draws what tmux shows as a PNG: the README's picture of the workbench is made with it.

    tmux -L pictures capture-pane -e -N -p | python3 Docs/images/capture.py Docs/images/workbench.png

Needs Pillow and the font DejaVu Sans Mono. `Docs/images/workbench.sh` runs the whole scene.
"""
import re
import sys
import unicodedata

from PIL import Image, ImageDraw, ImageFont

FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
WIDTH, HEIGHT = 9, 18
PLAIN = ((220, 220, 220), (16, 18, 22))
SIXTEEN = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
           (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
           (255, 255, 255)]
# Half blocks are drawn, not typeset: (top, bottom) of the cell in eighths.
BLOCKS = {"\u2580": (0, 4), "\u2584": (4, 8), "\u2588": (0, 8)}


def indexed(number):
    if number < 16:
        return SIXTEEN[number]
    if number >= 232:
        return (8 + (number - 232) * 10,) * 3
    levels = [0, 95, 135, 175, 215, 255]
    number -= 16
    return levels[number // 36], levels[number // 6 % 6], levels[number % 6]


class Pen:
    def __init__(self):
        self.reset()

    def reset(self):
        self.fore = self.back = None
        self.bold = self.reverse = self.underline = False

    def select(self, codes):
        """SGR (ECMA-48, section 8.3.117) as far as tmux writes it."""
        place = 0
        while place < len(codes):
            code = codes[place]
            if code == 0:
                self.reset()
            elif code in (1, 22):
                self.bold = code == 1
            elif code in (4, 24):
                self.underline = code == 4
            elif code in (7, 27):
                self.reverse = code == 7
            elif code in (38, 48):
                if codes[place + 1] == 5:
                    colour, length = indexed(codes[place + 2]), 2
                else:
                    colour, length = tuple(codes[place + 2:place + 5]), 4
                place += length
                if code == 38:
                    self.fore = colour
                else:
                    self.back = colour
            elif code in (39, 49):
                setattr(self, "fore" if code == 39 else "back", None)
            elif 30 <= code < 38:
                self.fore = SIXTEEN[code - 30]
            elif 40 <= code < 48:
                self.back = SIXTEEN[code - 40]
            elif 90 <= code < 98:
                self.fore = SIXTEEN[code - 82]
            elif 100 <= code < 108:
                self.back = SIXTEEN[code - 92]
            place += 1

    def colours(self):
        fore, back = self.fore or PLAIN[0], self.back or PLAIN[1]
        return (back, fore) if self.reverse else (fore, back)


def cells(line, pen):
    for match in re.finditer(r"\x1b\[([0-9;:]*)m|\x1b\(.|[\x0e\x0f]|(.)", line):
        if match.group(2) is not None:
            yield match.group(2), pen.colours(), pen.bold, pen.underline
        elif match.group(1) is not None:
            pen.select([int(code or 0) for code in re.split("[;:]", match.group(1))])


def main():
    pen = Pen()
    rows = [list(cells(line, pen)) for line in sys.stdin.read().rstrip("\n").split("\n")]
    columns = max(len(row) for row in rows)
    # What was erased to the end of a line has the colour of the most frequent background; tmux does not say it.
    backs = [cell[1][1] for row in rows for cell in row]
    ground = max(set(backs), key=backs.count)
    picture = Image.new("RGB", (columns * WIDTH, len(rows) * HEIGHT), ground)
    draw = ImageDraw.Draw(picture)
    fonts = [ImageFont.truetype(FONTS.format(style), 15) for style in ("", "-Bold")]
    for y, row in enumerate(rows):
        column, top = 0, y * HEIGHT
        rest = row[-1][1][1] if row and y in (0, len(rows) - 1) else ground
        draw.rectangle([0, top, columns * WIDTH, top + HEIGHT - 1], fill=rest)
        for glyph, (fore, back), bold, underline in row:
            left = column * WIDTH
            draw.rectangle([left, top, left + WIDTH - 1, top + HEIGHT - 1], fill=back)
            if glyph in BLOCKS:
                begin, end = (part * HEIGHT // 8 for part in BLOCKS[glyph])
                draw.rectangle([left, top + begin, left + WIDTH - 1, top + end - 1], fill=fore)
            elif glyph != " ":
                draw.text((left, top), glyph, font=fonts[bold], fill=fore)
            if underline:
                draw.line([left, top + HEIGHT - 2, left + WIDTH - 1, top + HEIGHT - 2], fill=fore)
            column += 2 if unicodedata.east_asian_width(glyph) in "WF" else 1
    picture.quantize(256, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)


main()
