#!/usr/bin/env python3
"""Measures one scene: measure.py NAME SOCKET LONGSHORE [PEER]...; called by bench.sh.

Writes OUT/NAME.PROGRAM.json (ttybench's own), of longshore in NAME.{longshore,start,still}.json, of `docker ps` in
NAME.docker.json, and in NAME.engine.json what percent of a processor the engine uses while nobody asks.
"""
import json
import os
import subprocess
import sys
import time

scene, socket, longshore, *peers = sys.argv[1:]
out, runs = os.environ["OUT"], os.environ["RUNS"]
# A full name, so that a changed title of a panel or a count is not taken for a row.
ROW = "load-[0-9]{4}"
KEYS = "latency Down,Up n=24 gap=150 region=0,2,40,40 name=key"
RENAME = ("capture row (%s) ; event rename | http:%s POST /containers/{row}/rename?name=aa-{row} | aa-{row} | 20 ; "
          "event back | http:%s POST /containers/aa-{row}/rename?name={row} | !aa-{row} | 20") % (ROW, socket, socket)


def ttybench(program, script, name, runs=runs):
    file = os.path.join(out, "%s.%s.json" % (scene, name))
    command = [os.environ["TTYBENCH"], "--size", "200x50", "--runs", runs, "--no-snaps", "--json", file]
    command += ["--also", "engine=" + os.environ["ENGINE_PID"]]
    status = subprocess.run(command + ["--do", script, "--"] + program, stdout=subprocess.DEVNULL).returncode
    # `docker ps` ends by itself, which ttybench holds against it.
    if status and name != "docker":
        problems = [p for run in json.load(open(file))["runs"] for p in run["problems"]]
        print("%s, %s: %s" % (scene, name, problems), file=sys.stderr)


def engine_alone(seconds):
    before = engine_ticks()
    time.sleep(seconds)
    return (engine_ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds * 100


def engine_ticks():
    """Of the engine and its children, such as containerd."""
    children = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open("/proc/%s/stat" % pid).read().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(fields[1], []).append((pid, int(fields[11]) + int(fields[12])))
        if pid == os.environ["ENGINE_PID"]:
            children.setdefault("engine", []).append((pid, int(fields[11]) + int(fields[12])))
    total, waiting = 0, ["engine"]
    while waiting:
        for pid, ticks in children.get(waiting.pop(), []):
            total += ticks
            waiting.append(pid)
    return total


# Starts are short and vary: more of them, and `docker ps` in the same terminal.
STARTS = "7"
# Containers that were started just now keep the engine busy.
time.sleep(10)
ttybench(["docker", "ps", "--all"], "wait %s name=list ; quiet 0.1" % ROW, "docker", STARTS)
ttybench([longshore, "--view", "containers"], "wait %s name=list ; quit <C-c>" % ROW, "start", STARTS)
with open(os.path.join(out, "%s.engine.json" % scene), "w") as alone:
    json.dump(engine_alone(10), alone)
IDLE = os.environ.get("IDLE", "20")
PEER = "wait %s name=list ; sleep 3 ; idle %s name=idle ; %s ; %s ; quit <C-c>" % (ROW, IDLE, KEYS, RENAME)
# The figures of the visible rows first, when each of them has one, then with the log of one followed beside them, as the dashboard opens.
live = PEER.replace("sleep 3 ;", "sleep 1 ; send z ; sleep 12 ;").replace("name=idle ;", "name=idle ; send z ; sleep 3 ; idle %s name=log ;" % IDLE)
# Images: nothing on screen changes by itself, so nothing may be asked, drawn or computed.
still = "wait 'Images ─' name=list ; sleep 5 ; idle 20 name=idle ; quit <C-c>"
ttybench([longshore, "--view", "containers"], live, "longshore")
ttybench([longshore, "--view", "images"], still, "still")
for peer in peers:
    name = os.path.basename(peer)
    leave = "signal:KILL" if name == "ctop" else "q"
    ttybench([peer], PEER.replace("<C-c>", leave), name)
