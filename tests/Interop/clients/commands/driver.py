#!/usr/bin/python3
"""Takes the command-line clients through the scenarios: OpenSSH, PuTTY's plink, psftp and pscp, Dropbear's dbclient."""

import fcntl
import os
import pty
import random
import re
import shutil
import socket
import struct
import subprocess
import termios
import threading
import time

import scenario
from scenario import INITIAL, sha256


class OpenSsh:
    def __init__(self, settings):
        self.settings = settings
        self.program = settings["programs"] + "/ssh"

    def options(self):
        s = self.settings
        hosts = s["hostAuthority"] if s["proof"] == "certificate" else s["knownHosts"]
        proof = ["-o", "CertificateFile=" + s["certificate"]] if s["proof"] == "certificate" else []
        return ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes",
                "-o", "UserKnownHostsFile=" + hosts, "-o", "GlobalKnownHostsFile=/dev/null", "-i", s["key"], *proof]

    def command(self, *arguments, options=(), user=None, terminal=False):
        s = self.settings
        # Of an option that is given twice, ssh takes the first.
        return [self.program, *options, *self.options(), "-p", str(s["port"]), *(["-tt"] if terminal else []),
                f"{user or s['user']}@{s['host']}", *arguments]

    language = ("-o", "SetEnv=LANG=de_DE.UTF-8")
    often_rekeyed = ("-v", "-o", "RekeyLimit=1M")
    new_keys = "SSH2_MSG_NEWKEYS received"
    kept_alive = ("-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1")

    def wrong_host(self):
        return ["-o", "UserKnownHostsFile=" + self.settings["wrongHosts"]]

    def transfers(self):
        """The ways to copy a file there, list, rename and back: (name, function(local, remote, back))."""
        s = self.settings
        programs = s["programs"]
        copy = [*self.options(), "-q", "-S", self.program, "-P", str(s["port"])]
        there = f"{s['user']}@{s['host']}"
        shell = " ".join([self.program, *self.options(), "-p", str(s["port"])])

        def sftp(local, remote, back):
            batch = f"put {local} {remote}\nrename {remote} {remote}.moved\nls -l var\nget {remote}.moved {back}\nrm {remote}.moved\n"
            listing = check([programs + "/sftp", *self.options(), "-q", "-S", self.program, "-P", str(s["port"]), "-b", "-", there], batch)
            assert remote + ".moved" in listing, listing

        def scp(protocol):
            def transfer(local, remote, back):
                check([programs + "/scp", protocol, *copy, local, f"{there}:{remote}"])
                check([programs + "/scp", protocol, *copy, f"{there}:{remote}", back])
            return transfer

        def rsync(local, remote, back):
            check(["rsync", "-e", shell, local, f"{there}:{remote}"])
            check(["rsync", "-e", shell, f"{there}:{remote}", back])

        def sshfs(local, remote, back):
            folder = back + ".mounted"
            os.mkdir(folder)
            check(["sshfs", "-o", "ssh_command=" + shell.replace(",", "\\,"), f"{there}:var", folder])
            try:
                name = os.path.basename(remote)
                shutil.copyfile(local, f"{folder}/{name}")
                os.rename(f"{folder}/{name}", f"{folder}/{name}.moved")
                assert name + ".moved" in os.listdir(folder)
                shutil.copyfile(f"{folder}/{name}.moved", back)
                os.unlink(f"{folder}/{name}.moved")
            finally:
                check(["fusermount3", "-u", folder])

        ways = {"sftp": sftp, "scp": scp("-s"), "scp -O": scp("-O"), "rsync": rsync}
        if s["client"] == "openssh":
            ways["sshfs"] = sshfs
        return ways

    def shared(self):
        """Options of the first command, and of those that share its connection."""
        path = self.settings["folder"] + "/control"
        return ("-o", "ControlMaster=yes", "-o", "ControlPath=" + path), ("-o", "ControlMaster=no", "-o", "ControlPath=" + path)


class Plink:
    def __init__(self, settings):
        self.settings = settings
        self.home = settings["folder"]
        self.fingerprint = settings["hostFingerprint"]
        os.environ["HOME"] = self.home
        os.environ.pop("PUTTYDIR", None)

    def session(self, **lines):
        """PuTTY's settings that have no option are in a saved session."""
        s = self.settings
        folder = self.home + "/.putty/sessions"
        os.makedirs(folder, exist_ok=True)
        values = {"HostName": s["host"], "PortNumber": s["port"], "Protocol": "ssh", "PublicKeyFile": s["ppk"], "TryAgent": 0,
                  "TermWidth": INITIAL[0], "TermHeight": INITIAL[1], **lines}
        if s["proof"] == "certificate":
            values["DetachedCertificate"] = s["certificate"]
        # Another plink may be reading it just now.
        with open(folder + "/new", "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())
        os.rename(folder + "/new", folder + "/postern")

    def command(self, *arguments, options=(), user=None, terminal=False, program="plink"):
        self.session(**dict(o.split("=", 1) for o in options if "=" in o))
        return [program, "-load", "postern", "-batch", "-hostkey", self.fingerprint, "-l", user or self.settings["user"],
                *(["-t"] if terminal else []), *(o for o in options if "=" not in o),
                *([] if program == "plink" else [self.settings["host"]]), *arguments]

    language = ("Environment=LANG=de_DE.UTF-8",)
    often_rekeyed = ("-v", "RekeyBytes=1M")
    new_keys = "Initialised .* outbound encryption"
    kept_alive = ("PingIntervalSecs=1",)

    def wrong_host(self):
        self.fingerprint = self.settings["wrongFingerprint"]
        return []

    def transfers(self):
        def psftp(local, remote, back):
            batch = f"put {local} {remote}\nmv {remote} {remote}.moved\nls var\nget {remote}.moved {back}\ndel {remote}.moved\n"
            listing = check(self.command("-b", "/dev/stdin", program="psftp"), batch)
            assert os.path.basename(remote) + ".moved" in listing, listing

        def pscp(protocol):
            def transfer(local, remote, back):
                there = f"{self.settings['user']}@{self.settings['host']}:{remote}"
                command = self.command(program="pscp")[:-1]
                check([*command, protocol, local, there])
                check([*command, protocol, there, back])
            return transfer

        return {"psftp": psftp, "pscp -sftp": pscp("-sftp"), "pscp -scp": pscp("-scp")}

    def shared(self):
        return ("-share",), ("-share",)


class Dropbear:
    def __init__(self, settings):
        self.settings = settings
        os.environ["HOME"] = settings["folder"]
        self.trust(settings["knownHosts"])

    def trust(self, hosts):
        """Its file of known hosts has no ports."""
        folder = self.settings["folder"] + "/.ssh"
        os.makedirs(folder, exist_ok=True)
        with open(hosts, encoding="utf-8") as source, open(folder + "/known_hosts", "w", encoding="utf-8") as file:
            file.write(re.sub(r"^\[([^]]+)\]:\d+", r"\1", source.read(), flags=re.MULTILINE))

    def command(self, *arguments, options=(), user=None, terminal=False):
        s = self.settings
        return ["dbclient", "-i", s["dropbearKey"], "-p", str(s["port"]), *options, *(["-t"] if terminal else []),
                f"{user or s['user']}@{s['host']}", *arguments]

    kept_alive = ("-K", "1")

    def wrong_host(self):
        self.trust(self.settings["wrongHosts"])
        return []

    def transfers(self):
        wrapper = self.settings["folder"] + "/dbclient-for-scp"
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nwhile [ \"${1#-}\" != \"$1\" ]; do case $1 in -o | -l) shift;; esac; shift; done\n"
                       "[ \"$1\" != -- ] || shift\nshift\n"
                       "exec " + " ".join(self.command("\"$@\"")) + "\n")
        os.chmod(wrapper, 0o700)

        def scp(local, remote, back):
            check(["scp", "-O", "-q", "-S", wrapper, local, f"app:{remote}"])
            check(["scp", "-O", "-q", "-S", wrapper, f"app:{remote}", back])

        def rsync(local, remote, back):
            shell = " ".join(self.command()[:-1])
            there = self.command()[-1]
            check(["rsync", "-e", shell, local, f"{there}:{remote}"])
            check(["rsync", "-e", shell, f"{there}:{remote}", back])

        return {"scp -O over dbclient": scp, "rsync over dbclient": rsync}


CLIENTS = {"openssh": OpenSsh, "openssh10": OpenSsh, "plink": Plink, "dropbear": Dropbear}


def client_of(settings):
    return CLIENTS[settings["client"]](settings)


def run(command, text=""):
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)


def check(command, text=""):
    result = run(command, text)
    if result.returncode != 0:
        raise RuntimeError(f"{command} gave {result.returncode}: {result.stdout} {result.stderr}")
    return result.stdout


def seen(result):
    return {"status": result.returncode, "stdout": result.stdout, "stderr": result.stderr}


def execute(settings):
    return seen(run(client_of(settings).command("echo out; echo err >&2; exit 7")))


def signal(settings):
    return seen(run(client_of(settings).command("kill -TERM $$")))


def environment(settings):
    client = client_of(settings)
    return seen(run(client.command("echo $LANG", options=client.language)))


def set_size(descriptor, columns, rows):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def terminal(settings):
    command = client_of(settings).command(terminal=True)
    gate_read, gate_write = os.pipe()
    child, descriptor = pty.fork()
    if child == 0:
        os.read(gate_read, 1)
        os.execvp(command[0], command)
    set_size(descriptor, *INITIAL)
    os.write(gate_write, b"x")

    def receive():
        try:
            return os.read(descriptor, 4096)
        except OSError:  # The other side of a terminal is gone.
            return b""

    dialogue = scenario.Dialogue(lambda data: os.write(descriptor, data), receive)
    report = scenario.terminal(dialogue, lambda columns, rows: set_size(descriptor, columns, rows))
    while receive():
        pass
    report["status"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return report


def copy(settings, name, options=()):
    """A file to `cat` and back at once."""
    back = settings["folder"] + "/copy"
    with open(settings[name], "rb") as source, open(back, "wb") as target:
        result = subprocess.run(client_of(settings).command("cat", options=options), stdin=source, stdout=target,
                                stderr=subprocess.PIPE, text=True, timeout=100)
    return {"status": result.returncode, "stderr": result.stderr, "sha256": sha256(back)}


def transfer(settings):
    return copy(settings, "large")


def rekey(settings):
    """Keys change again and again in the middle of a transfer; the client's own log says how often."""
    client = client_of(settings)
    report = copy(settings, "small", client.often_rekeyed)
    return {**report, "rekeyed": len(re.findall(client.new_keys, report["stderr"])) - 1}


def files(settings):
    report = {}
    for number, (name, way) in enumerate(client_of(settings).transfers().items()):
        back = f"{settings['folder']}/back{number}"
        way(settings["small"], f"var/{settings['name']}.{number}", back)
        report[name] = sha256(back)
    return {"sha256": report}


def free_port():
    """As Ports.Free of the tests: outside of the range out of which the kernel gives ports to whoever asks for any."""
    while True:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def connect(port, process):
    """A connection to the port, once the process listens there."""
    until = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 30)
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.02)


def talk(stream, request, count):
    stream.sendall(request)
    return receive_exactly(stream, count)


def receive_exactly(stream, count):
    data = b""
    while len(data) < count and (part := stream.recv(count - len(data))):
        data += part
    return data


SSL_REQUEST = struct.pack("!II", 8, 80877103)


def redis_ping(settings):
    return f"AUTH {settings['redisPassword']}\r\nPING\r\n".encode()


def forwarded(settings, options, open_stream):
    """Starts the client with a forward that lives as long as its session, and talks through it."""
    process = subprocess.Popen(client_of(settings).command("cat", options=options), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with open_stream(process, "database.internal", 5432) as stream:
            database = talk(stream, SSL_REQUEST, 1).decode()
        with open_stream(process, "cache.internal", 6379) as stream:
            cache = talk(stream, redis_ping(settings), 12).decode()
        with open_stream(process, "127.0.0.1", settings["port"]) as stream:
            refused = stream.recv(1) == b""
    finally:
        _, error = process.communicate(timeout=30)
    return {"database": database, "cache": cache, "refused": refused, "status": process.returncode, "stderr": error}


def tunnel(settings):
    ports = {"database.internal": free_port(), "cache.internal": free_port(), "127.0.0.1": free_port()}
    targets = {"database.internal": 5432, "cache.internal": 6379, "127.0.0.1": settings["port"]}
    options = []
    for host, port in ports.items():
        options += ["-L", f"127.0.0.1:{port}:{host}:{targets[host]}"]
    return forwarded(settings, options, lambda process, host, port: connect(ports[host], process))


def socks(settings):
    listen = free_port()

    def open_stream(process, host, port):
        stream = connect(listen, process)
        talk(stream, b"\x05\x01\x00", 2)
        stream.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + struct.pack("!H", port))
        # A refusal is told in the answer or by closing.
        receive_exactly(stream, 10)
        return stream

    return forwarded(settings, ["-D", f"127.0.0.1:{listen}"], open_stream)


def remote(settings):
    """A port of the app that leads to a server here."""
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=scenario.answer_in_capitals, args=[server], daemon=True).start()
        forward = ["-R", f"{port}:127.0.0.1:{server.getsockname()[1]}"]
        return seen(run(client_of(settings).command(f"{settings['remoteCommand']} {port}", options=forward)))


def agent(settings):
    os.environ["SSH_AUTH_SOCK"] = settings["agent"]
    return seen(run(client_of(settings).command(settings["agentCommand"], options=["-A"])))


def sessions(settings):
    """Several commands at once on one connection, each with its own status and output."""
    client = client_of(settings)
    first, others = client.shared()
    master = subprocess.Popen(client.command("echo ready; cat", options=first), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    try:
        assert master.stdout.readline() == "ready\n", master.stderr.read()
        # Whoever comes over the same connection has the same client port.
        commands = [subprocess.Popen(client.command(f"read word; echo $word; echo $SSH_CLIENT; exit {number}", options=others),
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    for number in range(1, 4)]
        results = []
        for number, command in enumerate(commands, 1):
            output, error = command.communicate(f"word{number}\n", timeout=30)
            lines = output.split("\n")
            results.append({"status": command.returncode, "word": lines[0], "connection": lines[1], "stderr": error})
    finally:
        master.communicate(timeout=30)
    return {"status": master.returncode, "connections": len({r["connection"] for r in results}),
            "statuses": [r["status"] for r in results], "words": [r["word"] for r in results]}


def keep_alive(settings):
    """Nothing but the client's own probes for more than two of its intervals."""
    client = client_of(settings)
    return seen(run(client.command("sleep 3; echo alive", options=client.kept_alive)))


def refusal(settings):
    # PuTTY shows what a server says only when no command is run.
    command = [] if settings["client"] == "plink" else ["true"]
    return seen(run(client_of(settings).command(*command, user=settings["nobody"])))


def wrong_host(settings):
    client = client_of(settings)
    return seen(run(client.command("true", options=client.wrong_host())))


def editor(settings):
    """What editors do: a long script into `sh` and `bash -s`, a SOCKS tunnel beside it, another connection at once."""
    client = client_of(settings)
    script = "# " + "x" * 100 + "\n"
    script = script * 3000 + "echo \"script ran\"; exit 4\n"
    plain = run(client.command("sh"), script)
    port = free_port()
    quick = [subprocess.Popen(client.command("bash", "-s", options=["-T", "-D", f"127.0.0.1:{port + n}"]), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for n in range(2)]
    outputs = [q.communicate(script, timeout=30) for q in quick]
    return {"sh": seen(plain), "stdout": [o for o, _ in outputs], "stderr": [e for _, e in outputs],
            "statuses": [q.returncode for q in quick]}


scenario.run({
    "exec": execute, "signal": signal, "environment": environment, "terminal": terminal, "transfer": transfer, "rekey": rekey,
    "files": files, "tunnel": tunnel, "socks": socks, "remote": remote, "agent": agent, "sessions": sessions, "keepalive": keep_alive, "refusal": refusal,
    "wronghost": wrong_host, "editor": editor,
})
