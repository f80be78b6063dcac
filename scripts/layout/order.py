"""Writes the linker script that puts what was run side by side: order.py PROGRAM TRACE... >layout/console.ld

PROGRAM is longshore with its symbols; each TRACE was written by callgrind with --dump-instr=yes while it ran. Called by
scripts/layout.sh.
"""
import bisect
import re
import subprocess
import sys

# A name and all that begin with it are taken whole when they are small, or when much of them was run.
COLD, SHARE = 16_000, 5
# Longer names are cut as long as that takes in at most so many bytes that were not run.
LONG, MORE = 24, 4_000

HEAD = """\
/* Functions that a running console goes through; see layout/build.rs. Made by scripts/layout.sh: do not edit. */
SECTIONS
{
  .text.console :
  {
"""
TAIL = """\
  }
}
INSERT BEFORE .text;
"""


def symbols(program):
    """[address, size, name] of all functions, by address."""
    lines = subprocess.run(["nm", "--print-size", program], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^([0-9a-f]+) ([0-9a-f]+) [tTwW] (\S+)$", lines, re.M)
    return sorted((int(at, 16), int(size, 16), re.sub(r"\.llvm\..*$", "", name)) for at, size, name in found)


def addresses(trace, program):
    """Of all instructions of the program that were run."""
    objects, here = {}, None
    for line in open(trace):
        if found := re.match(r"(c?ob)=\((\d+)\)(?: (.*))?", line):
            what, number, path = found.groups()
            if path:
                objects[number] = path.strip()
            if what == "ob":
                here = objects[number]
        elif here == program and (found := re.match(r"0x([0-9a-f]+) ", line)):
            yield int(found[1], 16)


def parts(name):
    """A mangled name in pieces, so that the joined first ones are what a module's names begin with."""
    if not name.startswith("_ZN"):
        # The newer form: a crate's hash differs from build to build.
        return [re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", name)]
    pieces, at = ["_ZN"], 3
    while found := re.match(r"\d+", name[at:]):
        end = at + len(found[0]) + int(found[0])
        pieces.append(name[at:end])
        at = end
    return pieces[:-1] if re.fullmatch(r"17h[0-9a-f]{16}", pieces[-1]) else pieces


class Names:
    """Names that begin alike, their size in bytes and how much of that was run."""

    def __init__(self):
        self.longer, self.size, self.run = {}, 0, 0

    def add(self, pieces, size, run):
        self.size += size
        self.run += size if run else 0
        if pieces:
            self.longer.setdefault(pieces[0], Names()).add(pieces[1:], size, run)

    def chosen(self, prefix=""):
        """The shortest prefixes that take in little that was not run."""
        cold = self.size - self.run
        if not self.run:
            return
        if prefix not in ("", "_ZN") and (self.size <= self.run * SHARE or cold <= COLD):
            yield prefix
            return
        for piece, names in self.longer.items():
            yield from names.chosen(prefix + piece)


def cut(prefixes, functions):
    """The same with long ones cut short."""
    names = sorted((name, size) for _, size, name in functions)
    keys = [name for name, _ in names]

    def taken_by(prefix):
        return range(bisect.bisect_left(keys, prefix), bisect.bisect_left(keys, prefix + "\x7f"))

    taken = {at for prefix in prefixes for at in taken_by(prefix)}
    for prefix in prefixes:
        for length in range(LONG, len(prefix) if "*" not in prefix else 0, 4):
            if sum(names[at][1] for at in taken_by(prefix[:length]) if at not in taken) <= MORE:
                prefix = prefix[:length]
                break
        yield prefix


program, traces = sys.argv[1], sys.argv[2:]
functions = symbols(program)
starts = [at for at, _, _ in functions]
run = {bisect.bisect_right(starts, at) - 1 for trace in traces for at in addresses(trace, program)}
names = Names()
for place, (_, size, name) in enumerate(functions):
    names.add(parts(name), size, place in run)
kept = []
for prefix in sorted(set(cut(list(names.chosen()), functions))):
    if not kept or "*" in kept[-1] or not prefix.startswith(kept[-1]):
        kept.append(prefix)
print(HEAD + "".join("    *(.text.%s*)\n" % prefix for prefix in kept) + TAIL, end="")
print("%d functions were run, in %d names" % (len(run), len(kept)), file=sys.stderr)
