using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Targets.Tests.Services;

namespace Postern.Targets.Tests.OpenSsh;

/// <summary>The engine on a free port, in front of an app with services, for the machine's own ssh.</summary>
public sealed class EngineFixture : IAsyncLifetime, IServerAuthenticator
{
    private readonly ServicesFixture _services = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private SshServer _server = null!;
    private Task _accepting = Task.CompletedTask;

    public string Folder { get; } = System.IO.Directory.CreateTempSubdirectory("postern-openssh-").FullName;

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async Task InitializeAsync()
    {
        await _services.InitializeAsync();
        Process.Start("ssh-keygen", ["-q", "-N", "", "-t", "ed25519", "-f", Path.Combine(Folder, "id")])!.WaitForExit();
        var config = new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] };
        _server = new SshServer(config, this, NullLogger.Instance);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        await _services.DisposeAsync();
        System.IO.Directory.Delete(Folder, recursive: true);
    }

    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
        => ValueTask.FromResult(true);

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
        => ValueTask.FromResult<AuthenticationOutcome>(new AuthenticationOutcome.Accepted(new AppConnection(_services.App)));

    internal ITargetApp App => _services.App;

    internal Task<(int Status, string Output)> RunSshAsync(params string[] arguments) => RunAsync("ssh", arguments);

    /// <summary>Runs a command of the shell with $SSH set to an ssh that reaches the app.</summary>
    internal async Task<(int Status, string Output)> RunAsync(string program, params string[] arguments)
    {
        string[] options = [
            "-F", "none", "-p", $"{Port}", "-i", Path.Combine(Folder, "id"), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
        ];
        var start = new ProcessStartInfo(program, program is "ssh" ? [.. options, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = Folder,
        };
        start.Environment["SSH"] = "ssh " + string.Join(' ', options);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    internal Task<Passwords> ReadPasswordsAsync() => Passwords.ReadAsync(_services);

    internal sealed record Passwords(string Database, string Cache)
    {
        internal static async Task<Passwords> ReadAsync(ServicesFixture services)
            => new(
                (string)(await services.ReadRelationshipAsync("database"))["password"]!,
                (string)(await services.ReadRelationshipAsync("cache"))["password"]!);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                _connections.Add(_server.RunAsync(socket, (IPEndPoint)socket.RemoteEndPoint!, _stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
