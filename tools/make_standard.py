#!/usr/bin/env python3
"""Make crates/wire/src/hospital/standard.tsv, the field tables of the interface standard, from a JSON file of them.

    tools/make_standard.py FIELDS.json > crates/wire/src/hospital/standard.tsv

The JSON file has `envelope_request`, `envelope_response` (lists of fields) and `transactions`: by number, each with `name`,
`notes`, `input` and `output` (lists of nodes with `node`, `title` and `fields`). A field has `code`, `cn`, `type`, `len`,
`dict`, `req`, `memo` as the standard's table prints them, and `in_N`, `in_G`: whether the national edition of 2021 and the one
of Guangdong have it (`Y` required, `·` there). Only facts are taken: names, types, lengths and marks, no prose.
"""

import json
import re
import sys

HEAD = """\
# The field tables of 定点医药机构接口规范 V1.1.27 (湖南版), made by tools/make_standard.py; marks of the national edition of
# 2021 (N) and of Guangdong's (G). Tab between columns. = transaction, name; > input node, < output node: node, rows (1 one, *
# many, ? not said), Chinese; then a field a line: name, Chinese, kind (s text, n number, d day, t time, o other), longest,
# ! where V1.1.27 requires it, c where its values are of a code table, and the other editions that have it (a capital letter
# where they require it).
"""

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
TEXTS = ("字符", "文本", "VARCHAR", "longtext", "Base64")
NUMBERS = ("数值", "数字", "BigDecimal", "整")


def kind(field):
    given, memo = field.get("type") or "", field.get("memo") or ""
    if given.startswith("日期时间") or given == "时间类型":
        return "t"
    if given.startswith("日期"):
        return "t" if "HH:mm" in memo else "d"
    if given.startswith(NUMBERS):
        return "n"
    if not given or (given.startswith(TEXTS) and "数组" not in given) or given == "大文本":
        return "s"
    return "o"


def longest(field):
    length = (field.get("len") or "").replace("，", ",").strip("（）() ")
    length = {"2,000": "2000", "1M": "1048576", "2M": "2097152", "1K": "1024"}.get(length, length)
    return length if re.fullmatch(r"\d+(,\d+)?", length) else ""


def row(field):
    required = "!" if field.get("req") in ("Y", "是") else ""
    coded = "c" if field.get("dict") == "Y" else ""
    editions = "".join(
        letter.upper() if mark == "Y" else letter if mark else ""
        for letter, mark in (("n", field.get("in_N")), ("g", field.get("in_G")))
    )
    chinese = re.sub(r"\s+", "", field.get("cn") or "")
    return "\t".join([field["code"].strip(), chinese, kind(field), longest(field), required, coded, editions]).rstrip("\t")


def rows_of(fields):
    """Fields with a name, each once."""
    seen = {}
    for field in fields:
        code = (field.get("code") or "").strip()
        if field.get("type") is not None and NAME.match(code) and code not in seen:
            seen[code] = row(field)
    return list(seen.values())


def label(title):
    title = re.sub(r"（.*?）|\(.*?\)", "", title or "")
    title = re.sub(r"^(交易)?(输入|输出)(参数说明)?[-—－:：]?", "", title)
    return re.sub(r"\s+", "", title)


def how_many(direction, node, nodes, notes):
    """`1` or `*` as the notes say, `?` where they do not."""
    word = "输入" if direction == ">" else "输出"
    text = "；".join(notes).replace(" ", "")
    name = label(node["title"])
    if name.endswith("列表"):
        return "*"
    for part in re.split(r"[，。；,;]", text):
        if "行数据" not in part:
            continue
        # 入院诊断信息 is 诊断信息 in the notes.
        if (name and name[-4:] in part) or (word in part and len(nodes) == 1):
            return "*" if "多行" in part else "1"
    return "?"


def main():
    source = json.load(open(sys.argv[1], encoding="utf-8"))
    out = [HEAD.rstrip("\n")]
    out.append("=envelope\t交易报文")
    for mark, name in ((">", "envelope_request"), ("<", "envelope_response")):
        out.append(f"{mark}\t1\t")
        out += rows_of(source[name])
    for infno, transaction in source["transactions"].items():
        out.append(f"={infno}\t{re.sub(chr(92) + 's+|（.*?）', '', transaction['name'])}")
        for mark, side in ((">", "input"), ("<", "output")):
            nodes = [node for node in transaction[side] if "文件" not in (node["title"] or "") or node["node"]]
            for node in nodes:
                fields = rows_of(node["fields"])
                if fields:
                    out.append(f"{mark}{node['node'] or ''}\t{how_many(mark, node, nodes, transaction['notes'])}\t{label(node['title'])}")
                    out += fields
    print("\n".join(out))


if __name__ == "__main__":
    main()
