"""What every Python driver shares: its command line, and the report as one line of JSON."""

import hashlib
import json
import re
import sys

RESIZED = (120, 50)
INITIAL = (100, 40)


def run(scenarios):
    """Runs `driver SETTINGS SCENARIO`: the scenario's function gets the settings and returns what it saw."""
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    print(json.dumps(scenarios[sys.argv[2]](settings)))


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def answer_in_capitals(server):
    """What stands at the end of a remote forward: takes one connection, answers its first line and closes."""
    with server.accept()[0] as stream:
        stream.sendall(stream.makefile().readline().upper().encode())


class Dialogue:
    """A terminal's side of a conversation: sends lines, waits for words."""

    def __init__(self, send, receive):
        self._send = send
        self._receive = receive
        self._seen = ""

    def say(self, text):
        self._send(text.encode())

    def wait_for(self, pattern):
        """Reads until the pattern matches what came since the last match, and returns its groups."""
        while not (match := re.search(pattern, self._seen)):
            data = self._receive()
            if not data:
                raise EOFError(f"the session ended before {pattern!r}: {self._seen!r}")
            self._seen += data.decode(errors="replace")
        self._seen = self._seen[match.end():]
        return match.groups()


def terminal(dialogue, resize):
    """The terminal scenario: the size at the start, the size after a change, Ctrl-C."""
    report = {}
    dialogue.say("stty size; echo rea'dy'1\n")
    report["initial"] = dialogue.wait_for(r"(\d+ \d+)\s+ready1")[0]
    resize(*RESIZED)
    # The change and the command travel apart: ask until it is there.
    dialogue.say("until [ \"$(stty size)\" != '40 100' ]; do sleep 0.05; done; stty size; echo rea'dy'2\n")
    report["resized"] = dialogue.wait_for(r"(\d+ \d+)\s+ready2")[0]
    # The child says that it is there: a shell that is interrupted before it gave the terminal away would wait for it.
    dialogue.say("sh -c 'echo start\"\"ed; exec sleep 300'\n")
    dialogue.wait_for("started")
    dialogue.say("\x03")
    dialogue.wait_for(r"\^C")
    dialogue.say("echo interrup'ted'=$?\n")
    report["interrupted"] = int(dialogue.wait_for(r"interrupted=(\d+)")[0])
    dialogue.say("exit 5\n")
    return report
