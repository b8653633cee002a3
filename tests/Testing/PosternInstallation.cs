using System.Diagnostics;
using System.Text;

namespace Postern.Testing;

/// <summary>
/// A whole Postern of its own: the real programs on free ports with their data in a temporary folder, set up by the
/// operator commands as an operator would.
/// </summary>
public sealed class PosternInstallation : IAsyncDisposable
{
    private readonly StringBuilder _log = new();
    private Process? _server;

    private PosternInstallation(string folder)
    {
        Folder = folder;
        HttpPort = Ports.Free();
        SshPort = Ports.Free();
        ConfigurationFile = Path.Combine(folder, "server.yaml");
    }

    /// <summary>Everything of this installation is below it.</summary>
    public string Folder { get; }

    /// <summary>The port of the web side.</summary>
    public int HttpPort { get; }

    /// <summary>The port of the gateway.</summary>
    public int SshPort { get; }

    /// <summary>The server's configuration.</summary>
    public string ConfigurationFile { get; }

    /// <summary>The URL of the web side.</summary>
    public string Url => $"http://127.0.0.1:{HttpPort}";

    /// <summary>The server's main process, while it runs.</summary>
    public Process Server => _server ?? throw new InvalidOperationException("the server is not running");

    /// <summary>What the server has logged.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Makes an installation and initializes it; the server does not run yet.</summary>
    /// <param name="moreConfiguration">More lines of its configuration.</param>
    /// <param name="publicUrl">The public URL of the deployment, when another of its servers has it; by default this one's.</param>
    public static async Task<PosternInstallation> CreateAsync(
        string moreConfiguration = "", string? publicUrl = null)
    {
        var folder = Directory.CreateTempSubdirectory("postern-test-").FullName;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var installation = new PosternInstallation(folder);
        await File.WriteAllTextAsync(installation.ConfigurationFile, $"""
            data_directory: {folder}/data
            http:
              listen: 127.0.0.1:{installation.HttpPort}
              public_url: {publicUrl ?? installation.Url}
            ssh:
              listen: 127.0.0.1:{installation.SshPort}
              client_port: {installation.SshPort}
            {moreConfiguration}
            """);
        await installation.OperateAsync("init");
        return installation;
    }

    /// <summary>Runs an operator command that must succeed.</summary>
    public Task<string> OperateAsync(params string[] arguments) =>
        Programs.ReadAsync(Path.Combine(Repository.Programs, "postern-server"), [.. arguments, "--config", ConfigurationFile]);

    /// <summary>Runs an operator command, whatever comes of it.</summary>
    public Task<ProgramResult> TryOperateAsync(params string[] arguments) =>
        Programs.RunAsync(Path.Combine(Repository.Programs, "postern-server"), [.. arguments, "--config", ConfigurationFile]);

    /// <summary>Applies a document; returns what it printed.</summary>
    public async Task<string> ApplyAsync(string yaml)
    {
        var file = Path.Combine(Folder, Path.GetRandomFileName() + ".yaml");
        await File.WriteAllTextAsync(file, yaml);
        return await OperateAsync("apply", file);
    }

    /// <summary>Adds a person and returns an API token of theirs.</summary>
    public async Task<string> AddPersonAsync(string email, string firstName = "Test", string lastName = "Person")
    {
        await OperateAsync("user", "add", email, "--first-name", firstName, "--last-name", lastName);
        return await AddTokenAsync(email);
    }

    /// <summary>Adds a person who signs in with this password.</summary>
    public async Task AddPersonWithPasswordAsync(string email, string password, string firstName = "Test", string lastName = "Person")
    {
        var added = await Programs.RunAsync(
            Path.Combine(Repository.Programs, "postern-server"),
            ["user", "add", email, "--first-name", firstName, "--last-name", lastName, "--password-stdin", "--config", ConfigurationFile],
            input: password + "\n");
        if (added.ExitCode != 0)
        {
            throw new InvalidOperationException(added.ToString());
        }
    }

    /// <summary>Makes an API token for a person.</summary>
    public async Task<string> AddTokenAsync(string email) => await OperateAsync("token", "create", email, "--name", "test");

    /// <summary>Starts the server and waits until both doors are open.</summary>
    public async Task StartAsync()
    {
        _server = Programs.Start(Path.Combine(Repository.Programs, "postern-server"), ["serve", "--config", ConfigurationFile]);
        _server.OutputDataReceived += Remember;
        _server.ErrorDataReceived += Remember;
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        try
        {
            await Programs.WaitUntilAsync(
                () => _server.HasExited || (Programs.IsListening(SshPort) && Programs.IsListening(HttpPort)), "the start of the server");
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException(exception.Message + "\n" + Log);
        }

        if (_server.HasExited)
        {
            throw new InvalidOperationException("the server ended at once:\n" + Log);
        }
    }

    /// <summary>Stops the server as an operator does (SIGTERM) and returns its exit status.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{Server.Id}"]);
        await kill.WaitForExitAsync();
        await Server.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        var status = Server.ExitCode;
        _server!.Dispose();
        _server = null;
        return status;
    }

    /// <summary>Ends the server without warning, as a crash would (SIGKILL).</summary>
    public async Task KillAsync()
    {
        Server.Kill();
        await Server.WaitForExitAsync();
        _server!.Dispose();
        _server = null;
    }

    /// <summary>A home of a person's own with the CLI set up for this installation.</summary>
    public PersonalHome MakeHome(string name, string? token = null) => new(this, Path.Combine(Folder, "homes", name), token);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await StopAsync();
        }

        // What a killed server left behind must not outlive the test.
        await Programs.RunAsync("pkill", ["-KILL", "-f", Folder]);
        await Programs.WaitUntilAsync(
            async () => (await Programs.RunAsync("pgrep", ["-f", Folder])).ExitCode != 0, "the end of what ran in " + Folder);
        Directory.Delete(Folder, recursive: true);
    }

    private void Remember(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
        {
            _log.AppendLine(line.Data);
        }
    }
}
