#!/usr/bin/env python3
"""Make crates/document/font/NotoSansCJKsc-subset.otf.gz, the font that documents are set in.

    pip install fonttools==4.68.0
    apt-get download fonts-noto-cjk unicode-data && for deb in *.deb; do dpkg -x $deb debian; done
    tools/make_font.py debian crates/document/font/NotoSansCJKsc-subset.otf.gz

It takes Noto Sans CJK SC Regular (SIL Open Font License 1.1) from Debian's package fonts-noto-cjk and keeps: ASCII, the two
rows of GB/T 2312 symbols and its 6763 characters, 通用规范汉字表 (property kTGH of Unihan, from Debian's package unicode-data),
brackets and dashes that forms use. No layout tables are kept: Chinese text and tabular figures need none. The same input gives
the same bytes.
"""

import bz2
import gzip
import io
import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

COLLECTION = "usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
SIMPLIFIED = "Noto Sans CJK SC"
UNIHAN = "usr/share/unicode/Unihan_OtherMappings.txt.bz2"
FORMS = "〓〔〕【】《》〈〉「」『』—–…·×÷±√°′″℃‰％＋－＝￥¥€●○◎■□◆◇★☆→←↑↓①②③④⑤⑥⑦⑧⑨⑩ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ№㎡　"


def gb2312():
    for row in list(range(0xA1, 0xAA)) + list(range(0xB0, 0xF8)):
        for cell in range(0xA1, 0xFF):
            try:
                yield bytes([row, cell]).decode("gb2312")
            except UnicodeDecodeError:
                pass


def general_standard(path):
    text = bz2.open(path, "rt", encoding="utf-8").read()
    for code in re.findall(r"^U\+([0-9A-F]+)\tkTGH\t", text, re.M):
        yield chr(int(code, 16))


def simplified(path):
    from fontTools.ttLib import TTCollection

    for font in TTCollection(path).fonts:
        if font["name"].getDebugName(1) == SIMPLIFIED:
            return font
    sys.exit(f"{path} has no {SIMPLIFIED}")


def main(debian, target):
    wanted = {chr(code) for code in range(0x20, 0x7F)} | set(FORMS) | set(gb2312())
    wanted |= set(general_standard(Path(debian, UNIHAN)))
    font = simplified(Path(debian, COLLECTION))
    has = font.getBestCmap()
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.desubroutinize = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "GSUB", "GPOS", "GDEF"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted(ord(one) for one in wanted if ord(one) in has))
    subsetter.subset(font)
    font.recalcTimestamp = False
    plain = io.BytesIO()
    font.save(plain)
    packed = gzip.compress(plain.getvalue(), 9, mtime=0)
    Path(target).write_bytes(packed)
    missing = "".join(sorted(one for one in wanted if ord(one) not in has))
    print(f"{len(wanted)} characters wanted, {len(missing)} not in the font: {missing}")
    print(f"{len(plain.getvalue())} bytes, packed {len(packed)}")


main(*sys.argv[1:])
