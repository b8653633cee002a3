using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Testing;

namespace Conformance;

/// <summary>
/// A real SSH server on a free loopback port, with a configuration, keys and authorized users of its own. Nothing of the
/// machine's own configuration or home directories is read or written.
/// </summary>
public sealed class RealServer : IAsyncDisposable
{
    private readonly OpenSsh _files;
    private readonly Process _process;

    private RealServer(OpenSsh files, int port, Process process, IReadOnlyCollection<string> said)
    {
        _files = files;
        Port = port;
        _process = process;
        Said = said;
    }

    /// <summary>The lines that it has printed.</summary>
    public IReadOnlyCollection<string> Said { get; }

    public int Port { get; }

    /// <summary>What the server runs as, which is who one signs in as.</summary>
    public static string UserName => Environment.UserName;

    /// <summary>Starts OpenSSH's server with more lines for its configuration.</summary>
    public static async Task<RealServer> StartOpenSshAsync(OpenSsh files, params string[] lines)
    {
        var port = Ports.Free();
        if (!File.Exists(files.PathOf("host")))
        {
            await files.NewKeyAsync("host", "ed25519");
        }

        File.Copy(files.Key + ".pub", files.PathOf("authorized_keys"), overwrite: true);
        Directory.CreateDirectory("/run/sshd");
        var configuration = files.PathOf("sshd_config");
        await File.WriteAllLinesAsync(configuration,
        [
            "ListenAddress 127.0.0.1", $"Port {port}", $"HostKey {files.PathOf("host")}",
            "PidFile none", "StrictModes no", "UsePAM no", "PermitRootLogin yes", "PasswordAuthentication no", .. lines,

            // The first of two values counts, so that a test can have its own.
            $"AuthorizedKeysFile {files.PathOf("authorized_keys")}",
        ]);
        return await StartAsync(files, port, "Server listening on 127.0.0.1", "/usr/sbin/sshd", ["-D", "-e", "-f", configuration]);
    }

    /// <summary>
    /// Starts dropbear. It takes authorized keys from the user's home only, so it gets a view of the machine in which
    /// that is a folder of ours.
    /// </summary>
    public static async Task<RealServer> StartDropbearAsync(OpenSsh files)
    {
        var port = Ports.Free();
        var made = await files.RunAsync("dropbearkey", ["-t", "ed25519", "-f", files.PathOf("host")]);
        Assert.True(made.Status == 0, made.Error);
        var home = Directory.CreateDirectory(files.PathOf("home"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var ssh = Directory.CreateDirectory(Path.Combine(home.FullName, ".ssh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Copy(files.Key + ".pub", Path.Combine(ssh.FullName, "authorized_keys"));
        return await StartAsync(files, port, "Not backgrounding", "bwrap",
        [
            "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc", "--die-with-parent",
            "--bind", home.FullName, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            "dropbear", "-F", "-E", "-m", "-s", "-P", files.PathOf("pid"), "-p", $"127.0.0.1:{port}", "-r", files.PathOf("host"),
        ]);
    }

    /// <summary>Connects our client, which believes the server's plain key.</summary>
    public Task<SshClientConnection> ConnectAsync(Func<ClientConfig, ClientConfig>? change = null)
    {
        var config = new ClientConfig
        {
            UserName = UserName,
            HostKeys = new FirstKey(),
            Identities = [new ClientIdentity(ReadKey(_files.Key))],
        };
        return ConnectAsync(change is null ? config : change(config));
    }

    /// <summary>A private key of a file that ssh-keygen made.</summary>
    public static ISigner ReadKey(string file) => OpenSshPrivateKeyFile.Read(File.ReadAllBytes(file));

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        using var cancellation = new CancellationTokenSource(OpenSsh.Patience);
        await _process.WaitForExitAsync(cancellation.Token);
        _process.Dispose();
    }

    private static async Task<RealServer> StartAsync(
        OpenSsh files, int port, string sign, string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, WorkingDirectory = files.Directory };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        var said = new ConcurrentQueue<string>();
        var isUp = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.ErrorDataReceived += (_, line) =>
        {
            said.Enqueue(line.Data ?? "");
            if (line.Data is null || line.Data.Contains(sign, StringComparison.Ordinal))
            {
                isUp.TrySetResult(line.Data is not null);
            }
        };
        process.BeginErrorReadLine();
        var server = new RealServer(files, port, process, said);
        try
        {
            Assert.True(await isUp.Task.WaitAsync(OpenSsh.Patience), $"{program} did not start: {string.Join('\n', said)}");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task<SshClientConnection> ConnectAsync(ClientConfig config)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return await SshClient.ConnectAsync(socket, config, NullLogger.Instance, CancellationToken.None).WaitAsync(OpenSsh.Patience);
    }

    private sealed class FirstKey : IHostKeyVerifier
    {
        public ValueTask<HostKeyDecision> VerifyAsync(HostKeyProof proof, CancellationToken cancellationToken) =>
            ValueTask.FromResult(HostKeyDecision.Accepted);
    }
}
