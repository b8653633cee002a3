using Postern.Testing;

namespace Postern.Targets.Tests.OpenSsh;

/// <summary>What ssh has the app listen on, and what it reaches inside, with the machine's own ssh and ssh-agent.</summary>
public sealed class ForwardTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    // A server on the person's side that answers each connection with what it read, in capitals.
    private const string Server = """
        rm -f server.port
        python3 -c '
        import socket, threading
        s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(16)
        open("server.port", "w").write(str(s.getsockname()[1]))
        def serve(c):
            data = b""
            while part := c.recv(65536): data += part
            c.sendall(data.upper()); c.close()
        while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
        ' & server=$!
        trap 'kill $server; wait' EXIT
        while [ ! -s server.port ]; do sleep 0.1; done
        port=$(cat server.port)
        """;

    // Asks in the app, and closes one direction before it reads the answer.
    private const string Ask = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX if sys.argv[1] == "unix" else socket.AF_INET)
        s.connect(sys.argv[2] if sys.argv[1] == "unix" else ("127.0.0.1", int(sys.argv[2])))
        s.sendall(b"hello"); s.shutdown(socket.SHUT_WR)
        print(s.makefile().read())
        """;

    // A master that was told to leave answers before it takes its socket away, which another would stumble over.
    [Fact]
    public async Task RemotePort_ReachesThePerson_EachDirectionClosingByItself()
    {
        (_, string output) = await fixture.RunAsync("bash", "-c", $$"""
            {{Server}}
            for wanted in 0 {{Ports.Free()}}; do
                $SSH -M -S remote -fN -o ExitOnForwardFailure=yes 127.0.0.1
                bound=$($SSH -S remote -O forward -R $wanted:127.0.0.1:$port 127.0.0.1)
                $SSH -S remote 127.0.0.1 python3 - tcp ${bound:-$wanted} <<'END'
            {{Ask}}
            END
                $SSH -S remote -O exit 127.0.0.1 2>/dev/null
                while [ -e remote ]; do sleep 0.1; done
            done
            """);
        Assert.Equal("HELLO\nHELLO\n", output);
    }

    // Security 55: what everybody could reach, and what belongs to others, is not taken.
    [Fact]
    public async Task RemotePort_IsTheAppsLoopbackOnly_AndNeverAnothers()
    {
        (_, string output) = await fixture.RunAsync("bash", "-c", """
            $SSH -M -S remote -fN 127.0.0.1
            for address in '*' 0.0.0.0 localhost ''; do
                bound=$($SSH -S remote -O forward -R "$address:0:127.0.0.1:9" 127.0.0.1)
                ss -Hltn "sport = $bound" | tr -s ' ' | cut -d' ' -f4 | sed 's/:.*//'
            done
            for port in 22 80 1023 25000; do
                $SSH -S remote -O forward -R $port:127.0.0.1:9 127.0.0.1 2>/dev/null && echo took $port
            done
            taken=$($SSH -S remote -O forward -R 0:127.0.0.1:9 127.0.0.1)
            $SSH -S remote -O forward -R $taken:127.0.0.1:9 127.0.0.1 2>/dev/null && echo took twice
            $SSH -S remote -O exit 127.0.0.1 2>/dev/null
            while [ -e remote ]; do sleep 0.1; done
            while [ -n "$(ss -Hltn "sport = $taken")" ]; do sleep 0.1; done
            echo gone
            """);
        Assert.Equal("127.0.0.1\n127.0.0.1\n127.0.0.1\n127.0.0.1\ngone\n", output);
    }

    [Fact]
    public async Task RemotePort_IsClosedToOtherUsersOfTheMachine()
    {
        (_, string output) = await fixture.RunAsync("bash", "-c", $"""
            {Server}
            $SSH -M -S remote -fN 127.0.0.1
            bound=$($SSH -S remote -O forward -R 0:127.0.0.1:$port 127.0.0.1)
            python3 - tcp $bound 2>&1 <<'END' | tail -1
            {Ask}
            END
            $SSH -S remote -O exit 127.0.0.1 2>/dev/null
            while [ -e remote ]; do sleep 0.1; done
            """);
        Assert.DoesNotContain("HELLO", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemoteSocket_IsTheAppsOwn_AndGoesWithTheConnection()
    {
        (_, string output) = await fixture.RunAsync("bash", "-c", $"""
            {Server}
            $SSH -M -S remote -fN -o ExitOnForwardFailure=yes -R /tmp/remote.sock:127.0.0.1:$port 127.0.0.1
            $SSH -S remote 127.0.0.1 'stat -c "%a %U %F" /tmp/remote.sock; python3 - unix /tmp/remote.sock' <<'END'
            {Ask}
            END
            $SSH -S remote -O exit 127.0.0.1 2>/dev/null
            while [ -e remote ]; do sleep 0.1; done
            while $SSH 127.0.0.1 test -e /tmp/remote.sock; do sleep 0.1; done
            echo gone
            """);
        Assert.Equal("600 web socket\nHELLO\ngone\n", output);
    }

    [Fact]
    public async Task LocalSocket_LeadsIntoTheApp()
    {
        (_, string output) = await fixture.RunAsync("bash", "-c", $"""
            $SSH 127.0.0.1 python3 - >/dev/null 2>&1 <<'END' &
            import socket
            s = socket.socket(socket.AF_UNIX); s.bind("/tmp/inner.sock"); s.listen(1)
            c = s.accept()[0]
            data = c.makefile().read()
            c.sendall(data.upper().encode()); c.close()
            END
            while ! $SSH 127.0.0.1 test -S /tmp/inner.sock; do sleep 0.1; done
            $SSH -M -S local -fN -o ExitOnForwardFailure=yes -L ./local.sock:/tmp/inner.sock 127.0.0.1
            python3 - unix local.sock <<'END'
            {Ask}
            END
            $SSH -S local -O exit 127.0.0.1 2>/dev/null
            while [ -e local ]; do sleep 0.1; done
            wait
            """);
        Assert.Equal("HELLO\n", output);
    }

    // Security 57: the agent is there for the session that asked, several at a time, and gone after it.
    [Fact]
    public async Task Agent_IsReachableFromTheApp_InParallel_AndGoneAfterwards()
    {
        (_, string output) = await fixture.RunAsync("bash", "-c", """
            eval "$(ssh-agent -s)" >/dev/null
            trap 'ssh-agent -k >/dev/null' EXIT
            ssh-add -q id
            $SSH -A 127.0.0.1 'stat -c "%a %U" $SSH_AUTH_SOCK $(dirname $SSH_AUTH_SOCK); for i in 1 2 3 4 5; do ssh-add -l | cut -d" " -f2 & done; wait; echo $SSH_AUTH_SOCK >/tmp/agent-was' >out
            ssh-add -l | cut -d' ' -f2 >key
            grep -cFf key out
            grep -vFf key out
            $SSH 127.0.0.1 'echo "${SSH_AUTH_SOCK:-none}"'
            while $SSH 127.0.0.1 'test -e $(cat /tmp/agent-was)'; do sleep 0.1; done
            $SSH 127.0.0.1 'test -e $(dirname $(cat /tmp/agent-was)) || echo gone'
            """);
        Assert.Equal("5\n600 web\n700 web\nnone\ngone\n", output);
    }
}
