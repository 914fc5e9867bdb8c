#!/usr/bin/env python3
"""Writes assets/NOTICE.txt: who made the parts of the program, and under which licences.

The parts are the crates that Cargo.lock pins for the systems that packages are made for, with every feature, and what
lies in this repository. With --check nothing is written; the exit status is 1 where the file is not as it should be.
"""
import json
import re
import subprocess
import sys
import textwrap
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICE = ROOT / "assets/NOTICE.txt"
SYSTEMS = ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "aarch64-apple-darwin"]
IS_LICENCE = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense|.*\.license)", re.IGNORECASE)
# Where else than beside its Cargo.toml a crate keeps licences of what it brings along.
BROUGHT_ALONG = {"epaint_default_fonts": "fonts/*.txt"}
OWN_PARTS = [
    ("Inter, the text face", "assets/fonts/LICENSE-Inter.txt"),
    ("Phosphor, the icons", "assets/fonts/LICENSE-Phosphor.txt"),
    ("The starter model", "models/starter/NOTICE"),
]
HEAD = """\
Hangtag is licensed under the MIT licence or the Apache License, Version 2.0, at your choice.
Copyright (c) 2026 the Hangtag authors

It is made of parts by many others, who are thanked and named below with their licences. The source of each crate can be
had under its name and version from the registry of the Rust language.

This software is based in part on the work of the Independent JPEG Group.
SQLite, within libsqlite3-sys, is in the public domain.
"""
WIDTH = 100
RULE = "=" * WIDTH


def packages() -> list[dict]:
    """The crates that end up in a program, by name and version."""
    found = {}
    for system in SYSTEMS:
        command = ["cargo", "metadata", "--format-version=1", "--locked", "--all-features", "--filter-platform", system]
        metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
        by_id = {package["id"]: package for package in metadata["packages"]}
        nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
        waiting, seen = [metadata["resolve"]["root"]], set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            for dependency in nodes[current]["deps"]:
                # What only builds or tests the program is no part of it.
                if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                    waiting.append(dependency["pkg"])
        found |= {by_id[name]["id"]: by_id[name] for name in seen if by_id[name]["source"] is not None}
    return sorted(found.values(), key=lambda package: (package["name"], package["version"]))


def texts(package: dict) -> list[str]:
    folder = Path(package["manifest_path"]).parent
    files = sorted(path for path in folder.iterdir() if path.is_file() and IS_LICENCE.match(path.name))
    if package["name"] in BROUGHT_ALONG:
        files += sorted(folder.glob(BROUGHT_ALONG[package["name"]]))
    if package["license_file"] and (folder / package["license_file"]).is_file():
        files = sorted({*files, (folder / package["license_file"]).resolve()})
    files = [path for path in files if path.suffix not in {".rs", ".toml", ".html"}]
    # Of licences to choose from, MIT is taken, whose text is the shortest.
    choices = re.split(r" OR |/", package["license"] or "")
    mit = [path for path in files if "mit" in path.name.casefold()]
    if "MIT" in choices and mit:
        files = mit + [path for path in files if path.name.casefold().startswith("notice")]
    return [read(path) for path in files]


def read(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace").replace("\ufeff", "")
    # How to apply the licence to other work: nobody needs it here, and it differs from copy to copy.
    text = re.sub(r"(END OF TERMS AND CONDITIONS).*", r"\1", text, flags=re.DOTALL)
    lines = []
    for line in text.expandtabs(4).splitlines():
        lines += textwrap.wrap(line, WIDTH, drop_whitespace=False) if len(line) > WIDTH else [line]
    lines = [line.rstrip() for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def compose() -> str:
    crates = packages()
    # One text serves all crates that have it word for word, however its lines are broken.
    owners, wording = defaultdict(list), {}
    without = []
    for package in crates:
        name = f"{package['name']} {package['version']}"
        found = texts(package)
        if not found:
            by = ", ".join(re.sub(r"\s*<.*?>", "", author) for author in package["authors"])
            without.append(f"{name}: {package['license']}" + (f", by {by}" if by else ""))
        for text in found:
            key = " ".join(text.split()).casefold()
            wording.setdefault(key, text)
            owners[key].append(name)
    parts = [HEAD]
    for what, file in OWN_PARTS:
        parts.append(f"{RULE}\n{what}\n{RULE}\n\n{read(ROOT / file)}\n")
    for key in sorted(owners, key=lambda key: owners[key][0]):
        names = textwrap.fill(", ".join(dict.fromkeys(owners[key])), WIDTH)
        parts.append(f"{RULE}\n{names}\n{RULE}\n\n{wording[key]}\n")
    parts.append(
        f"{RULE}\nWithout a text of their own; the standard texts of these licences stand above\n{RULE}\n\n"
        + "\n".join(without)
        + "\n"
    )
    return "\n".join(parts)


def main() -> int:
    text = compose()
    if "--check" in sys.argv:
        if not NOTICE.exists() or NOTICE.read_text(encoding="utf-8") != text:
            print("assets/NOTICE.txt is not up to date: run packaging/notice.py", file=sys.stderr)
            return 1
        return 0
    NOTICE.write_text(text, encoding="utf-8")
    return 0


sys.exit(main())
