#!/usr/bin/python3
"""Takes paramiko through the scenarios."""

import hashlib
import os
import socket
import struct
import sys
import threading
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "commands"))
warnings.filterwarnings("ignore", module="paramiko")  # Its own use of old ciphers.

import paramiko

import paramiko.agent

import scenario
from scenario import INITIAL, sha256

SSL_REQUEST = struct.pack("!II", 8, 80877103)


def load_key(settings):
    key = paramiko.Ed25519Key.from_private_key_file(settings["key"])
    if settings["proof"] == "certificate":
        key.load_certificate(settings["certificate"])
    return key


def connect(settings, hosts="knownHosts", **options):
    client = paramiko.SSHClient()
    client.load_host_keys(settings[hosts])
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    client.connect(**{"hostname": settings["host"], "port": settings["port"], "username": settings["user"],
                      "pkey": load_key(settings), "allow_agent": False, "look_for_keys": False, **options})
    return client


def run(client, command, text="", **options):
    stdin, stdout, stderr = client.exec_command(command, timeout=30, **options)
    stdin.write(text)
    stdin.channel.shutdown_write()
    return {"stdout": stdout.read().decode(), "stderr": stderr.read().decode(), "status": stdout.channel.recv_exit_status()}


def execute(settings):
    with connect(settings) as client:
        return run(client, "echo out; echo err >&2; exit 7")


def signal(settings):
    with connect(settings) as client:
        return run(client, "kill -TERM $$")


def environment(settings):
    with connect(settings) as client:
        return run(client, "echo $LANG", environment={"LANG": "de_DE.UTF-8"})


def terminal(settings):
    with connect(settings) as client:
        channel = client.invoke_shell("xterm", *INITIAL)
        channel.settimeout(30)
        report = scenario.terminal(scenario.Dialogue(channel.sendall, lambda: channel.recv(4096)), channel.resize_pty)
        return {**report, "status": channel.recv_exit_status()}


def copy(settings, name, during=lambda transport, received: None):
    """A file to `cat` and back at once, which takes a thread for each way."""
    with connect(settings) as client:
        channel = client.get_transport().open_session()
        channel.settimeout(60)
        channel.exec_command("cat")

        def send():
            with open(settings[name], "rb") as file:
                while block := file.read(1 << 17):
                    channel.sendall(block)
            channel.shutdown_write()

        sender = threading.Thread(target=send)
        sender.start()
        digest, received = hashlib.sha256(), 0
        while block := channel.recv(1 << 17):
            digest.update(block)
            received += len(block)
            during(client.get_transport(), received)
        sender.join()
        return {"status": channel.recv_exit_status(), "sha256": digest.hexdigest()}


def transfer(settings):
    return copy(settings, "large")


def rekey(settings):
    """Keys change three times in the middle of a transfer."""
    size, done = os.path.getsize(settings["small"]), []

    def during(transport, received):
        if len(done) < 3 and received > size * (len(done) + 1) / 5:
            transport.renegotiate_keys()
            done.append(received)

    return {**copy(settings, "small", during), "rekeyed": len(done)}


def files(settings):
    remote, back = "var/" + settings["name"], settings["folder"] + "/back"
    with connect(settings) as client:
        with client.open_sftp() as sftp:
            sftp.put(settings["small"], remote)
            sftp.posix_rename(remote, remote + ".moved")
            assert os.path.basename(remote) + ".moved" in sftp.listdir("var")
            sftp.get(remote + ".moved", back)
            sftp.remove(remote + ".moved")
    return {"sha256": {"sftp": sha256(back)}}


def talk(client, address, request, count):
    channel = client.get_transport().open_channel("direct-tcpip", address, ("127.0.0.1", 40000))
    channel.settimeout(30)
    channel.sendall(request)
    answer = b""
    while len(answer) < count and (part := channel.recv(count - len(answer))):
        answer += part
    channel.close()
    return answer.decode()


def tunnel(settings):
    with connect(settings) as client:
        ping = f"AUTH {settings['redisPassword']}\r\nPING\r\n".encode()
        database = talk(client, ("database.internal", 5432), SSL_REQUEST, 1)
        cache = talk(client, ("cache.internal", 6379), ping, 12)
        try:
            talk(client, ("127.0.0.1", settings["port"]), b"", 1)
            refusal = ""
        except paramiko.ChannelException as error:
            refusal = str(error)
        return {"database": database, "cache": cache, "refused": "Administratively prohibited" in refusal, "stderr": refusal}


def remote(settings):
    """The port is the server's choice; the transport gives what comes over it to whoever accepts."""
    with connect(settings) as client:
        transport = client.get_transport()
        port = transport.request_port_forward("127.0.0.1", 0)

        def answer():
            channel = transport.accept(30)
            channel.sendall(channel.makefile().readline().upper())
            channel.close()

        thread = threading.Thread(target=answer)
        thread.start()
        report = run(client, f"{settings['remoteCommand']} {port}")
        thread.join()
        return report


def agent(settings):
    os.environ["SSH_AUTH_SOCK"] = settings["agent"]
    with connect(settings) as client:
        channel = client.get_transport().open_session()
        handler = paramiko.agent.AgentRequestHandler(channel)
        channel.settimeout(30)
        channel.exec_command(settings["agentCommand"])
        channel.shutdown_write()
        report = {"stdout": channel.makefile().read().decode(), "stderr": channel.makefile_stderr().read().decode(),
                  "status": channel.recv_exit_status()}
        handler.close()
        return report


def sessions(settings):
    with connect(settings) as client:
        results = [None] * 3

        def one(number):
            results[number] = run(client, f"read word; echo $word; exit {number + 1}", f"word{number + 1}\n")

        threads = [threading.Thread(target=one, args=[number]) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"connections": 1, "statuses": [r["status"] for r in results], "words": [r["stdout"].strip() for r in results]}


def keep_alive(settings):
    with connect(settings) as client:
        client.get_transport().set_keepalive(1)
        return run(client, "sleep 3; echo alive")


def refusal(settings):
    try:
        connect(settings, username=settings["nobody"]).close()
        return {"status": 0, "stderr": ""}
    except paramiko.AuthenticationException as error:
        # Only the transport of a failed connection has the banner, and SSHClient has let go of it.
        transport = paramiko.Transport(socket.create_connection((settings["host"], settings["port"])))
        try:
            transport.connect()
            transport.auth_publickey(settings["nobody"], load_key(settings))
        except paramiko.AuthenticationException:
            banner = transport.get_banner().decode()
        finally:
            transport.close()
        return {"status": 1, "stdout": "", "stderr": f"{banner}{error}"}


def wrong_host(settings):
    try:
        connect(settings, "wrongHosts").close()
        return {"status": 0, "stderr": ""}
    except paramiko.BadHostKeyException as error:
        return {"status": 1, "stdout": "", "stderr": str(error)}


scenario.run({
    "exec": execute, "signal": signal, "environment": environment, "terminal": terminal, "transfer": transfer, "rekey": rekey,
    "files": files, "tunnel": tunnel, "remote": remote, "agent": agent, "sessions": sessions, "keepalive": keep_alive, "refusal": refusal, "wronghost": wrong_host,
})
