using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Postern.Gateway.Listening;
using Postern.Ssh.Keys;
using Postern.Testing;

namespace Postern.Gateway.Tests.Testing;

/// <summary>
/// The gateway over real sockets on a port of its own, with the machine's own ssh and a key of Alice's; leaves nothing behind.
/// </summary>
internal sealed class ListeningGateway : IAsyncDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly List<Process> _programs = [];
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate();
    private readonly IPAddress _address;

    private ListeningGateway(GatewayFixture fixture, IPAddress address)
    {
        Fixture = fixture;
        _address = address;
    }

    public GatewayFixture Fixture { get; }

    public Admission Admission => Fixture.Get<Admission>();

    public int Port { get; private set; }

    public static async Task<ListeningGateway> StartAsync(GatewayConfig? config = null, IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        config ??= new GatewayConfig { Listen = [] };
        var fixture = await GatewayFixture.CreateAsync(config with { Listen = [new IPEndPoint(address, 0)] });
        var gateway = new ListeningGateway(fixture, address);

        // The machine's ssh looks at the machine's clock, which is then within what this one's certificates say, later too.
        fixture.Clock.Advance(DateTimeOffset.UtcNow - fixture.Clock.GetUtcNow() - HostIdentity.RenewalInterval - TimeSpan.FromHours(1));
        await fixture.RegisterKeyAsync(fixture.Alice, gateway._key.PublicKey);
        await gateway.WriteKeyAsync("id", gateway._key);
        await fixture.Get<HostIdentity>().StartAsync(Never);
        await fixture.Hosted<SshListener>().StartAsync(Never);
        gateway.Port = int.Parse(Assert.Single(fixture.Log.Of(4000)).Trim().Split(':')[^1]);
        await File.WriteAllLinesAsync(
            Path.Combine(fixture.Folder, "known_hosts"), fixture.Authority.HostAuthorityLines(["*"]));
        return gateway;
    }

    public async Task<string> WriteKeyAsync(string name, Ed25519PrivateKey key)
    {
        var file = Path.Combine(Fixture.Folder, name);
        await File.WriteAllBytesAsync(file, OpenSshPrivateKeyFile.Write(key, "test"));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    /// <summary>Options of ssh that lead to the gateway; later ones do not undo them.</summary>
    public IEnumerable<string> Arguments(IEnumerable<string> options, int? port = null, string? key = null) =>
    [
        "-F", "none", "-p", $"{port ?? Port}", "-i", key ?? Path.Combine(Fixture.Folder, "id"), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", $"UserKnownHostsFile={Path.Combine(Fixture.Folder, "known_hosts")}", "-o", "StrictHostKeyChecking=yes",
        "-o", "HostKeyAlias=127.0.0.1", "-o", "HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com", .. options,
    ];

    public string Destination(string? user = null) => $"{user ?? Fixture.Service}@{_address}";

    /// <summary>Logs in with Alice's key, or another, and runs nothing of note.</summary>
    public Task<ProgramResult> SshAsync(string? user = null, string? key = null, int? port = null, params string[] options) =>
        Programs.RunAsync("ssh", Arguments([.. options, Destination(user), "true"], port, key));

    /// <summary>The same with an askpass program that gives these answers one after another, and no batch mode.</summary>
    public async Task<ProgramResult> AskedSshAsync(IReadOnlyList<string> answers, string? user = null, params string[] options)
    {
        var environment = await AskpassAsync(answers);
        var arguments = Arguments([.. options, Destination(user), "true"]).Select(a => a == "BatchMode=yes" ? "BatchMode=no" : a);
        return await Programs.RunAsync("ssh", arguments, environment);
    }

    /// <summary>The variables that make ssh ask a program, which gives these answers one after another.</summary>
    public async Task<IReadOnlyDictionary<string, string>> AskpassAsync(IReadOnlyList<string> answers)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(Fixture.Folder, Guid.NewGuid().ToString("N"))).FullName;
        var program = Path.Combine(folder, "askpass");
        await File.WriteAllLinesAsync(Path.Combine(folder, "answers"), answers);
        await File.WriteAllTextAsync(program, "#!/bin/sh\ncd \"$(dirname \"$0\")\"\nhead -n 1 answers\nsed -i 1d answers\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new Dictionary<string, string> { ["SSH_ASKPASS"] = program, ["SSH_ASKPASS_REQUIRE"] = "force" };
    }

    /// <summary>Starts a client that is let in and stays without a session.</summary>
    public async Task<Process> StayAsync(params string[] options)
    {
        var before = Fixture.Live.Count;
        var client = Start("ssh", [.. Arguments([.. options, "-N", Destination()])]);
        await Programs.WaitUntilAsync(() => Fixture.Live.Count > before || client.HasExited, "the login");
        Assert.True(!client.HasExited, client.HasExited ? await client.StandardError.ReadToEndAsync() : "");
        return client;
    }

    /// <summary>Starts a program that ends with the gateway.</summary>
    public Process Start(string program, params string[] arguments) => Start(program, arguments, environment: null);

    /// <summary>The same with variables of its own.</summary>
    public Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var process = Programs.Start(program, arguments, environment);
        _programs.Add(process);
        return process;
    }

    public async Task<TcpClient> ConnectAsync() =>
        await TryConnectAsync() ?? throw new InvalidOperationException("the connection was closed on arrival");

    /// <summary>A connection that was greeted, or null when it was closed on arrival.</summary>
    public async Task<TcpClient?> TryConnectAsync(ReadOnlyMemory<byte> first = default)
    {
        var client = new TcpClient(_address.AddressFamily);
        try
        {
            await client.ConnectAsync(_address, Port);
            await client.GetStream().WriteAsync(first);
            if (await client.GetStream().ReadAsync(new byte[1]) == 1)
            {
                return client;
            }
        }
        catch (IOException)
        {
            // Reset instead of closed.
        }
        catch
        {
            client.Dispose();
            throw;
        }

        client.Dispose();
        return null;
    }

    public async Task<TcpClient> ConnectWhenThereIsRoomAsync()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromMinutes(1))
        {
            if (await TryConnectAsync() is { } client)
            {
                return client;
            }
        }

        throw new TimeoutException("no connection was let in");
    }

    /// <summary>So many are let in, and the next one is not.</summary>
    public async Task AssertRoomForAsync(int count)
    {
        var clients = new List<TcpClient>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                clients.Add(await ConnectWhenThereIsRoomAsync());
            }

            Assert.Null(await TryConnectAsync());
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }
    }

    /// <summary>Waits until every connection is gone and was counted out.</summary>
    public Task WaitUntilEmptyAsync() => Programs.WaitUntilAsync(() => Admission is { Open: 0, Startups: 0 }, "the end of all connections");

    public static Task ReadToEndAsync(TcpClient client) => ReadToEndAsync(client.GetStream());

    public static async Task ReadToEndAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset instead of closed.
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            if (!program.HasExited)
            {
                // With what it has asked, which works in the folder that is about to go.
                program.Kill(entireProcessTree: true);
                await program.WaitForExitAsync();
            }

            program.Dispose();
        }

        await Fixture.Get<HostIdentity>().StopAsync(Never);
        await Fixture.DisposeAsync();
        _key.Dispose();
    }
}
