#!/usr/bin/env python3
"""Prints what measure.py has measured: table.py DIR; called by bench.sh."""
import glob
import json
import os
import sys

SCENES = {"real20": "20 real", "real100": "100 real", "fake1k": "1,000 fake", "fake10k": "10,000 fake"}
directory = sys.argv[1]


def load(name):
    try:
        with open(os.path.join(directory, name)) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def median(document, *path):
    value = document["median"] if document else None
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value.get("median") if isinstance(value, dict) else value


def say(value, digits=0):
    return "–" if value is None else f"{value:,.{digits}f}"


def idle(document, name="idle"):
    return " · ".join(say(median(document, "idle", name, what), digits) for what, digits in
                      [("bytes_per_s", 0), ("cpu_percent", 2)])


def engine(document, alone):
    """What the console makes the engine work beyond what it does alone, in percent of a processor."""
    busy = median(document, "idle", "idle", "also_engine_cpu_percent")
    return None if busy is None or alone is None else max(busy - alone, 0)


def row(scene, program):
    live, still, docker, alone = (load(f"{scene}.{what}.json") for what in [program, "still", "docker", "engine"])
    key = lambda *path: median(live, "latency", "key", *path)
    ours = program == "longshore"
    listed = lambda document: say(median(document, "startup", "ready_ms[list]"))
    cells = [SCENES[scene], program, listed(load(f"{scene}.start.json") if ours else live), listed(docker)]
    cells += [idle(still) if ours else "–", idle(live), idle(live, "log") if ours else "–", say(engine(live, alone), 1)]
    cells += [f"{say(key('change_median_ms'), 1)} / {say(key('change_p95_ms'), 1)}", say(key("bytes_median"))]
    cells += [say(median(live, "event", "rename", "from_end_ms")), say(median(live, "idle", "idle", "rss_mib"), 1)]
    return "| " + " | ".join(cells) + " |"


print("| containers | console | list on screen, ms | `docker ps`, ms | idle on images, B/s · CPU % "
      "| live figures, B/s · CPU % | and a followed log, B/s · CPU % | engine +% | key, ms median / p95 | B a key | rename on screen, ms | RSS, MiB |")
print("|---" * 12 + "|")
for scene in SCENES:
    files = glob.glob(os.path.join(directory, f"{scene}.*.json"))
    programs = sorted({os.path.basename(f).split(".")[1] for f in files} - {"docker", "engine", "longshore", "start", "still"})
    for program in ["longshore"] * (f"{scene}.longshore.json" in map(os.path.basename, files)) + programs:
        print(row(scene, program))
