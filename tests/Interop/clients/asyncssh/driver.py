#!/usr/bin/python3
"""Takes asyncssh through the scenarios."""

import asyncio
import logging
import os
import struct
import sys

import asyncssh

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "commands"))

import scenario
from scenario import INITIAL, sha256

SSL_REQUEST = struct.pack("!II", 8, 80877103)


class Client(asyncssh.SSHClient):
    """Remembers what the server says before authentication."""

    def __init__(self):
        self.banner = ""

    def auth_banner_received(self, msg, lang):
        self.banner += msg


def connect(settings, **options):
    # Known hosts of the authority alone: what convinces it is the host certificate.
    hosts = settings["hostAuthority" if settings["proof"] == "certificate" else "knownHosts"]
    key = (settings["key"], settings["certificate"]) if settings["proof"] == "certificate" else settings["key"]
    return asyncssh.connect(**{"host": settings["host"], "port": settings["port"], "username": settings["user"], "known_hosts": hosts,
                               "client_keys": [key], "agent_path": None, "config": None, **options})


def seen(result):
    return {"status": result.exit_status, "stdout": result.stdout, "stderr": result.stderr}


async def execute(settings):
    async with connect(settings) as connection:
        return seen(await connection.run("echo out; echo err >&2; exit 7"))


async def signal(settings):
    async with connect(settings) as connection:
        result = await connection.run("kill -TERM $$")
        return {**seen(result), "signal": result.exit_signal[0]}


async def send_signal(settings):
    """A signal from the client to the running command."""
    async with connect(settings) as connection:
        async with connection.create_process("trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 0.05; done") as process:
            assert await process.stdout.readline() == "ready\n"
            process.send_signal("USR1")
            return seen(await process.wait())


async def environment(settings):
    async with connect(settings) as connection:
        return seen(await connection.run("echo $LANG", env={"LANG": "de_DE.UTF-8"}))


async def terminal(settings):
    async with connect(settings) as connection:
        loop = asyncio.get_running_loop()
        async with connection.create_process(term_type="xterm", term_size=INITIAL) as process:
            def wait(coroutine):
                return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

            async def send(data):
                process.stdin.write(data.decode())

            async def change(columns, rows):
                process.change_terminal_size(columns, rows)

            dialogue = scenario.Dialogue(lambda data: wait(send(data)), lambda: wait(process.stdout.read(4096)).encode())
            report = await asyncio.to_thread(scenario.terminal, dialogue, lambda c, r: wait(change(c, r)))
            return {**report, "status": (await process.wait()).exit_status}


async def copy(settings, name, **options):
    back = settings["folder"] + "/copy"
    async with connect(settings, **options) as connection:
        result = await connection.run("cat", stdin=settings[name], stdout=back, encoding=None)
    return {"status": result.exit_status, "sha256": sha256(back)}


async def transfer(settings):
    return await copy(settings, "large")


async def rekey(settings):
    exchanges = []
    finish = asyncssh.connection.SSHConnection.send_newkeys

    def counted(connection, *arguments):
        exchanges.append(connection)
        return finish(connection, *arguments)

    asyncssh.connection.SSHConnection.send_newkeys = counted
    # It goes on sending while keys change, a whole window of 2 MB at most, so that a larger limit leaves too few changes.
    return {**await copy(settings, "small", rekey_bytes=1 << 16), "rekeyed": len(exchanges) - 1}


async def files(settings):
    remote, back = "var/" + settings["name"], settings["folder"] + "/back"
    async with connect(settings) as connection:
        async with connection.start_sftp_client() as sftp:
            await sftp.put(settings["small"], remote)
            await sftp.rename(remote, remote + ".moved")
            assert os.path.basename(remote) + ".moved" in await sftp.listdir("var")
            await sftp.get(remote + ".moved", back)
            await sftp.remove(remote + ".moved")
        await asyncssh.scp(settings["small"], (connection, remote))
        await asyncssh.scp((connection, remote), back + "2")
    return {"sha256": {"sftp": sha256(back), "scp": sha256(back + "2")}}


async def talk(connection, host, port, request, count):
    reader, writer = await connection.open_connection(host, port)
    writer.write(request)
    answer = (await reader.readexactly(count)).decode()
    writer.close()
    return answer


async def tunnel(settings):
    async with connect(settings) as connection:
        ping = f"AUTH {settings['redisPassword']}\r\nPING\r\n".encode()
        database = await talk(connection, "database.internal", 5432, SSL_REQUEST, 1)
        cache = await talk(connection, "cache.internal", 6379, ping, 12)
        try:
            await connection.open_connection("127.0.0.1", settings["port"])
            refusal = ""
        except asyncssh.ChannelOpenError as error:
            refusal = error.reason
        return {"database": database, "cache": cache, "refused": "PST-401" in refusal, "stderr": refusal}


async def remote(settings):
    """The port is the server's choice."""
    async def answer(reader, writer):
        writer.write((await reader.readline()).upper())
        writer.close()

    async with connect(settings) as connection:
        async with await connection.start_server(lambda host, port: answer, "127.0.0.1", 0, encoding="utf-8") as listener:
            return seen(await connection.run(f"{settings['remoteCommand']} {listener.get_port()}"))


async def agent(settings):
    async with connect(settings, agent_path=settings["agent"], agent_forwarding=True) as connection:
        return seen(await connection.run(settings["agentCommand"]))


async def sessions(settings):
    async with connect(settings) as connection:
        results = await asyncio.gather(*(
            connection.run(f"read word; echo $word; exit {number}", input=f"word{number}\n") for number in range(1, 4)))
        return {"connections": 1, "statuses": [r.exit_status for r in results], "words": [r.stdout.strip() for r in results]}


async def keep_alive(settings):
    async with connect(settings, keepalive_interval=1, keepalive_count_max=1) as connection:
        return seen(await connection.run("sleep 3; echo alive"))


async def refusal(settings):
    client = Client()
    try:
        async with connect(settings, username=settings["nobody"], client_factory=lambda: client):
            return {"status": 0, "stderr": ""}
    except asyncssh.PermissionDenied as error:
        return {"status": 1, "stdout": "", "stderr": f"{client.banner}{error}"}


async def wrong_host(settings):
    try:
        async with connect(settings, known_hosts=settings["wrongHosts"]):
            return {"status": 0, "stderr": ""}
    except asyncssh.HostKeyNotVerifiable as error:
        return {"status": 1, "stdout": "", "stderr": str(error)}


def synchronous(function):
    return lambda settings: asyncio.run(function(settings))


logging.getLogger("asyncssh").setLevel(logging.ERROR)
scenario.run({name: synchronous(function) for name, function in {
    "exec": execute, "signal": signal, "sendsignal": send_signal, "environment": environment, "terminal": terminal,
    "transfer": transfer, "rekey": rekey, "files": files, "tunnel": tunnel, "remote": remote, "agent": agent, "sessions": sessions, "keepalive": keep_alive,
    "refusal": refusal, "wronghost": wrong_host,
}.items()})
