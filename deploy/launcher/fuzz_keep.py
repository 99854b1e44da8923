"""What fuzzing learnt, minimised into the corpus in the tree, which the ordinary tests replay."""

import re
import shutil
import subprocess

MOST_BYTES, MOST_FILES, MOST_BYTES_OF_ONE = 200_000, 300, 4096


def keep(program, corpus, tree):
    """Of all that is known the fewest inputs that reach every edge. Seeds that people wrote have
    names that say what they are, and stay; the others are named by what they hold. Returns how
    many files the tree has then, and their bytes; None when a merge failed."""
    new = corpus.parent / f'{corpus.name}.merged'
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    with open(corpus.parent / f'{corpus.name}.merge.log', 'w', encoding='utf-8') as log:
        merged = subprocess.run(
            [str(program), '-set_cover_merge=1', '-use_counters=0', '-timeout=60',
             '-rss_limit_mb=4096', str(new), str(tree), str(corpus)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if merged.returncode != 0:
        return None
    seeds, found = [], []
    for file in tree.iterdir():
        (found if re.fullmatch('[0-9a-f]{40}', file.name) else seeds).append(file)
    room_files = MOST_FILES - len(seeds)
    room_bytes = MOST_BYTES - sum(file.stat().st_size for file in seeds)
    known = {file.read_bytes() for file in seeds}
    chosen = {}
    for file in sorted(new.iterdir(), key=lambda file: (file.stat().st_size, file.name)):
        content = file.read_bytes()
        if content in known or len(content) > MOST_BYTES_OF_ONE:
            continue
        if len(chosen) < room_files and len(content) <= room_bytes:
            chosen[file.name] = content
            room_bytes -= len(content)
    for file in found:
        if file.name not in chosen:
            file.unlink()
    for name, content in chosen.items():
        (tree / name).write_bytes(content)
    shutil.rmtree(new)
    return len(seeds) + len(chosen), MOST_BYTES - room_bytes
