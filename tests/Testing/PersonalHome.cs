namespace Postern.Testing;

/// <summary>The home folder of one person: the CLI's files and an ssh configuration, apart from everybody else's.</summary>
public sealed class PersonalHome
{
    private readonly PosternInstallation _installation;

    internal PersonalHome(PosternInstallation installation, string folder, string? token)
    {
        _installation = installation;
        Folder = folder;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment = new Dictionary<string, string>
        {
            ["POSTERN_HOME"] = folder,
            ["POSTERN_NO_INTERACTION"] = "1",
            ["PATH"] = Repository.Programs + ":" + System.Environment.GetEnvironmentVariable("PATH"),
        };
        if (token is not null)
        {
            Environment["POSTERN_TOKEN"] = token;
        }
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The environment of the person's programs.</summary>
    public Dictionary<string, string> Environment { get; }

    /// <summary>The ssh configuration that the CLI writes into.</summary>
    public string SshConfiguration => Path.Combine(Folder, ".ssh", "config");

    /// <summary>
    /// Points the CLI at the running server, as a continuous integration job does: its published document, which is YAML
    /// too, is the configuration file.
    /// </summary>
    public async Task UseServerAsync()
    {
        using var http = new HttpClient();
        var file = Path.Combine(Folder, "server.json");
        await File.WriteAllTextAsync(file, await http.GetStringAsync(new Uri(_installation.Url + "/.well-known/postern")));
        Environment["CLI_CONFIG_FILE"] = file;
    }

    /// <summary>Runs the CLI.</summary>
    public Task<ProgramResult> PosternAsync(params string[] arguments) =>
        Programs.RunAsync(Path.Combine(Repository.Programs, "postern"), arguments, Environment);

    /// <summary>Runs the CLI and returns what it printed; it must succeed.</summary>
    public Task<string> ReadPosternAsync(params string[] arguments) =>
        Programs.ReadAsync(Path.Combine(Repository.Programs, "postern"), arguments, Environment);

    /// <summary>Runs the stock ssh client with the configuration that the CLI wrote.</summary>
    public Task<ProgramResult> SshAsync(params string[] arguments) => Programs.RunAsync(
        "ssh", ["-F", SshConfiguration, "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", .. arguments], Environment);

    /// <summary>The same with text on its standard input.</summary>
    public Task<ProgramResult> SshWithInputAsync(string input, params string[] arguments) => Programs.RunAsync(
        "ssh", ["-F", SshConfiguration, "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", .. arguments], Environment, input);

    /// <summary>The SSH port of the installation, for clients that do not read the configuration.</summary>
    public int SshPort => _installation.SshPort;
}
