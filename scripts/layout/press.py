"""Runs a console in a pseudo terminal of 200x50, rests, and presses keys: press.py REST KEYS COMMAND...

REST is how many seconds the console starts for; then `callgrind_control` begins to count. KEYS is how often the
selection goes down and up again. Called by scripts/layout.sh.
"""
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

rest, keys, command = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))


def read_for(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 65536)


def count(*order):
    subprocess.run(["callgrind_control", *order, str(child)], capture_output=True, check=True)


read_for(rest)
count("--instr=on")
read_for(30)
for arrow in [b"\x1b[B"] * keys + [b"\x1b[A"] * keys:
    os.write(terminal, arrow)
    read_for(0.5)
read_for(3)
count("--dump")
os.kill(child, 9)
os.waitpid(child, 0)
