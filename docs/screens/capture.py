#!/usr/bin/env python3
"""Takes the captures of this folder: what is on a terminal of 80 x 24 and of 120 x 40 when a command has ended, and, of check, while it runs.

    docs/screens/capture.py HOOKS [NAME…]     HOOKS: the command; NAME: check, trace, explore, lab-diff (this one needs lab/setup)

Needs Python 3 and nothing else. It stands in for the terminal: it keeps a screen and does what the escape sequences say.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import sys
import tempfile
import termios
import time
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = [(80, 24), (120, 40)]
COMMANDS = {
    "check": ["check", "--no-kept"],
    "trace": ["run", "race.case", "--trace"],
    "explore": ["explore", "--kernel", "v6.5", "--operations", "5"],
    "lab-diff": ["lab", "diff", "--image", "debian", "--swap", "zram", "--workloads", "50", "--seed", "1"],
}
SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[=>()][0-9A-B]?")


class Terminal:
    """A screen of characters, as far as the command uses one."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines = [[" "] * columns for _ in range(rows)]
        self.x = self.y = 0
        self.wraps = 0
        self.held = ""

    def feed(self, text):
        text = self.held + text
        begun = text.rfind("\x1b")
        # A sequence that has not come to its end is held back.
        self.held = text[begun:] if begun >= 0 and not SEQUENCE.match(text, begun) else ""
        text = text[:len(text) - len(self.held)]
        at = 0
        while at < len(text):
            sequence = SEQUENCE.match(text, at)
            if sequence:
                self.control(sequence.group(1) or "", sequence.group(2) or "")
                at = sequence.end()
                continue
            self.put(text[at])
            at += 1

    def put(self, c):
        if c == "\n":
            self.down()
        elif c == "\r":
            self.x = 0
        elif unicodedata.category(c) != "Cc":
            if self.x >= self.columns:
                # The terminal breaks a line: in the middle of a word, if nobody has before.
                self.wraps += self.lines[self.y][-1] != " " and c != " "
                self.x = 0
                self.down()
            self.lines[self.y][self.x] = c
            self.x += 1

    def down(self):
        if self.y < self.rows - 1:
            self.y += 1
        else:
            self.lines = self.lines[1:] + [[" "] * self.columns]

    def control(self, parameters, letter):
        numbers = [int(n) for n in parameters.strip("?").split(";") if n]
        n = numbers[0] if numbers else 0
        if letter == "A":
            self.y = max(0, self.y - max(1, n))
        elif letter == "B":
            self.y = min(self.rows - 1, self.y + max(1, n))
        elif letter == "C":
            self.x = min(self.columns - 1, self.x + max(1, n))
        elif letter == "D":
            self.x = max(0, self.x - max(1, n))
        elif letter == "G":
            self.x = max(1, n) - 1
        elif letter == "H":
            self.y, self.x = max(1, n) - 1, (numbers[1] if len(numbers) > 1 else 1) - 1
        elif letter == "K":
            for x in range(0 if n else self.x, self.x + 1 if n == 1 else self.columns):
                self.lines[self.y][x] = " "
        elif letter == "J":
            for y in range(0 if n == 2 else self.y, self.rows):
                for x in range(self.x if y == self.y and n != 2 else 0, self.columns):
                    self.lines[y][x] = " "

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip() + "\n"


def run(hooks, arguments, columns, rows, folder):
    """The screen at the end, a screen from the middle, and how many words the terminal has broken."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", COLUMNS=str(columns), LINES=str(rows))
        # The size must be there before the command asks.
        time.sleep(0.2)
        os.execvp(hooks, [hooks, *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    screen, middle, rest = Terminal(columns, rows), "", b""
    while True:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:
            break
        if not data:
            break
        rest += data
        text = rest.decode("utf-8", "ignore")
        rest = rest[len(text.encode("utf-8")):]
        screen.feed(text)
        now = screen.text()
        if re.search(r"\b[0-9]+ %", now) and "known" in now:
            middle = now
    os.waitpid(pid, 0)
    return screen.text(), middle, screen.wraps


def main():
    hooks = sys.argv[1] if "/" not in sys.argv[1] else os.path.abspath(sys.argv[1])
    broken = 0
    for name in sys.argv[2:] or COMMANDS:
        for columns, rows in SIZES:
            folder = tempfile.mkdtemp()
            shutil.copy(os.path.join(HERE, "..", "races", "13ddaf26be32.case"), os.path.join(folder, "race.case"))
            end, middle, wraps = run(hooks, COMMANDS[name], columns, rows, folder)
            shutil.rmtree(folder)
            for suffix, text in (("", end), ("-live", middle)):
                if text and (not suffix or name == "check"):
                    with open(os.path.join(HERE, f"{name}{suffix}-{columns}x{rows}.txt"), "w", encoding="utf-8") as file:
                        file.write(text)
            print(f"{name} {columns} x {rows}: {wraps} words broken")
            broken += wraps
    write_page()
    return 1 if broken else 0


def write_page():
    """All captures on a page."""
    with open(os.path.join(HERE, "README.md"), "w", encoding="utf-8") as page:
        page.write("# What it looks like\n\nMade by [capture.py](capture.py): what is on a terminal of 80 × 24 and of 120 × 40 when a command has ended, and, of `check`, while it runs. No word is broken at the edge (the script counts), and a command to be copied is one line.\n")
        for name, arguments in COMMANDS.items():
            page.write(f"\n## hooks {' '.join(arguments)}\n")
            for suffix, when in (("-live", ", while it runs"), ("", "")):
                for columns, rows in SIZES:
                    file = os.path.join(HERE, f"{name}{suffix}-{columns}x{rows}.txt")
                    if os.path.exists(file):
                        with open(file, encoding="utf-8") as text:
                            page.write(f"\n{columns} × {rows}{when}:\n\n```\n{text.read()}```\n")


if __name__ == "__main__":
    sys.exit(main())
