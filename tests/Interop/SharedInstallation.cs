using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Postern.Testing;

namespace Postern.Interop;

/// <summary>
/// The one installation that all clients use: made when the first test asks for it, ended after the last one. It has one
/// person with a certificate and with registered keys of the kinds that clients can read.
/// </summary>
public sealed class SharedInstallation
{
    private const string Service = "abcdefg123456-main-bvxea6i--app";

    private const string Document = """
        organizations:
          - { name: acme, label: Acme, owner: owner@postern.test }
        projects:
          - id: abcdefg123456
            title: Interop
            organization: acme
            default_branch: main
            members:
              person@postern.test: { role: viewer, production: contributor }
            environments:
              main:
                type: production
                apps:
                  app:
                    type: "bash:5"
                    mounts: [var]
                    relationships: { database: "db:postgresql", cache: "kv:redis" }
                services:
                  db: { type: "postgresql:15" }
                  kv: { type: "redis:7" }
        """;

    private const int LargeFileBytes = 64 << 20;
    private const int SmallFileBytes = 8_000_000;

    // What a command in the app does with a port that leads to the client's machine; the port follows.
    private const string RemoteCommand = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; echo hello >&3; cat <&3'";

    private static readonly Lazy<Task<SharedInstallation>> Shared = new(StartAsync);

    // Not every driver has a reader of JSON that knows escapes.
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PosternInstallation _postern;
    private readonly Dictionary<string, object> _settings = [];
    private Process? _agent;
    private int _runs;

    private SharedInstallation(PosternInstallation postern) => _postern = postern;

    /// <summary>SHA-256 of the file of 64 MB.</summary>
    public string LargeFileHash { get; private set; } = "";

    /// <summary>SHA-256 of the file of 8 MB.</summary>
    public string SmallFileHash { get; private set; } = "";

    /// <summary>What the server has logged.</summary>
    public string Log => _postern.Log;

    /// <summary>The installation, which is started when it is not yet.</summary>
    public static Task<SharedInstallation> GetAsync() => Shared.Value;

    /// <summary>One of the values that the drivers get.</summary>
    public string Setting(string name) => $"{_settings[name]}";

    /// <summary>Ends it, when it was ever started.</summary>
    public static async Task EndAsync()
    {
        if (Shared.IsValueCreated)
        {
            await (await Shared.Value).StopAsync();
        }
    }

    /// <summary>Writes the settings of one run of a driver, with a folder of its own.</summary>
    public async Task<string> WriteSettingsAsync(Client client, bool withCertificate)
    {
        var name = $"{client.Id}-{Interlocked.Increment(ref _runs)}";
        var folder = Directory.CreateDirectory(Path.Combine(_postern.Folder, "runs", name)).FullName;
        var proof = withCertificate ? "certificate" : "key";
        var settings = new Dictionary<string, object>(_settings)
        {
            ["client"] = client.Id,
            ["name"] = name,
            ["folder"] = folder,
            ["proof"] = proof,
            ["key"] = _settings[proof + "Key"],
            ["ppk"] = _settings[proof + "Key"] + ".ppk",
            ["programs"] = client == Clients.OpenSsh10 ? Path.GetDirectoryName(client.VersionCommand[0])! : "/usr/bin",
        };
        var file = Path.Combine(folder, "settings.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(settings, AsWritten));
        return file;
    }

    private static async Task<SharedInstallation> StartAsync()
    {
        var installation = new SharedInstallation(await PosternInstallation.CreateAsync());
        try
        {
            await installation.PrepareAsync();
            return installation;
        }
        catch
        {
            await installation.StopAsync();
            throw;
        }
    }

    private async Task StopAsync()
    {
        if (_agent is not null)
        {
            _agent.Kill();
            await _agent.WaitForExitAsync();
            _agent.Dispose();
        }

        await _postern.DisposeAsync();
    }

    private async Task PrepareAsync()
    {
        await _postern.AddPersonAsync("owner@postern.test", "owner");
        var home = _postern.MakeHome("person", await _postern.AddPersonAsync("person@postern.test", "person"));
        await _postern.ApplyAsync(Document);
        await _postern.StartAsync();
        await home.UseServerAsync();
        await home.ReadPosternAsync("ssh-cert:load", "--yes");

        var certificate = await home.ReadPosternAsync("ssh-cert:info", "-P", "filename");
        var keys = Directory.CreateDirectory(Path.Combine(_postern.Folder, "keys")).FullName;
        var key = await MakeKeyAsync(Path.Combine(keys, "ed25519"), "-t", "ed25519");
        var ecdsa = await MakeKeyAsync(Path.Combine(keys, "ecdsa"), "-t", "ecdsa", "-m", "PEM");
        foreach (var registered in new[] { key, ecdsa })
        {
            await home.ReadPosternAsync("ssh-key:add", registered + ".pub", "--yes", "--name", Path.GetFileName(registered));
        }

        var certificateKey = Path.Combine(Path.GetDirectoryName(certificate)!, "id_ed25519");
        var strangerKey = await MakeKeyAsync(Path.Combine(keys, "stranger"), "-t", "ed25519");
        foreach (var converted in new[] { key, certificateKey, strangerKey })
        {
            await Programs.ReadAsync("puttygen", [converted, "-O", "private", "-o", converted + ".ppk"]);
        }

        var agent = Path.Combine(_postern.Folder, "agent");
        _agent = Programs.Start("ssh-agent", ["-D", "-a", agent]);
        await Programs.WaitUntilAsync(() => IsListening(agent), "the agent's socket"); // The file is there a moment before it is.
        await Programs.ReadAsync("ssh-add", ["-q", ecdsa], new Dictionary<string, string> { ["SSH_AUTH_SOCK"] = agent });

        await Programs.ReadAsync("dropbearconvert", ["openssh", "dropbear", key, key + ".dropbear"]);

        var known = Path.Combine(keys, "known_hosts");
        await File.WriteAllTextAsync(known, await Programs.ReadAsync("ssh-keyscan", ["-p", $"{_postern.SshPort}", "127.0.0.1"]) + "\n");
        var wrongKey = await MakeKeyAsync(Path.Combine(keys, "wrong"), "-t", "ed25519");
        var wrongEcdsa = await MakeKeyAsync(Path.Combine(keys, "wrong-ecdsa"), "-t", "ecdsa");
        var wrongHosts = Path.Combine(keys, "wrong_hosts");
        await File.WriteAllLinesAsync(
            wrongHosts,
            [$"[127.0.0.1]:{_postern.SshPort} {await ReadKeyAsync(wrongKey)}", $"[127.0.0.1]:{_postern.SshPort} {await ReadKeyAsync(wrongEcdsa)}"]);

        _settings["host"] = "127.0.0.1";
        _settings["port"] = _postern.SshPort;
        _settings["user"] = Service;
        _settings["nobody"] = Service + "-nothere";
        _settings["certificateKey"] = certificateKey;
        _settings["certificate"] = certificate;
        _settings["keyKey"] = key;
        _settings["strangerKey"] = strangerKey;
        _settings["ecdsaKey"] = ecdsa;
        _settings["dropbearKey"] = key + ".dropbear";
        _settings["agent"] = agent;
        _settings["agentCommand"] = $"k=$(mktemp); echo {await ReadKeyAsync(ecdsa)} >$k; ssh-add -T $k && echo usable; s=$?; rm $k; exit $s";
        _settings["remoteCommand"] = RemoteCommand;
        _settings["knownHosts"] = known;
        _settings["wrongHosts"] = wrongHosts;
        _settings["hostAuthority"] = Path.Combine(home.Folder, ".postern", "ssh", "host-keys");
        _settings["hostFingerprint"] = await FingerprintAsync(Path.Combine(keys, "host.pub"), File.ReadLines(known).First(l => l.Contains("ssh-ed25519", StringComparison.Ordinal)));
        _settings["wrongFingerprint"] = (await Programs.ReadAsync("ssh-keygen", ["-lf", wrongKey + ".pub"])).Split(' ')[1];
        _settings["packages"] = Path.Combine(Repository.Root, "artifacts", "interop", "ssh2");
        (_settings["large"], LargeFileHash) = await MakeFileAsync(Path.Combine(keys, "large"), LargeFileBytes);
        (_settings["small"], SmallFileHash) = await MakeFileAsync(Path.Combine(keys, "small"), SmallFileBytes);

        // The first session starts the app and its services: what follows is about clients, not about waiting for it.
        var relationships = await home.SshAsync($"{Service}@ssh.local.postern.test", "echo $PLATFORM_RELATIONSHIPS");
        using var json = JsonDocument.Parse(Convert.FromBase64String(relationships.Output.Trim()));
        _settings["redisPassword"] = json.RootElement.GetProperty("cache")[0].GetProperty("password").GetString()!;
    }

    private static bool IsListening(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<string> MakeKeyAsync(string file, params string[] options)
    {
        await Programs.ReadAsync("ssh-keygen", ["-q", "-N", "", "-f", file, .. options]);
        return file;
    }

    private static async Task<string> ReadKeyAsync(string file) =>
        string.Join(' ', (await File.ReadAllTextAsync(file + ".pub")).Split(' ')[..2]);

    private static async Task<string> FingerprintAsync(string file, string knownHost)
    {
        await File.WriteAllTextAsync(file, knownHost[(knownHost.IndexOf(' ', StringComparison.Ordinal) + 1)..] + "\n");
        return (await Programs.ReadAsync("ssh-keygen", ["-lf", file])).Split(' ')[1];
    }

    private static async Task<(string File, string Hash)> MakeFileAsync(string file, int bytes)
    {
        var content = RandomNumberGenerator.GetBytes(bytes);
        await File.WriteAllBytesAsync(file, content);
        return (file, Convert.ToHexStringLower(SHA256.HashData(content)));
    }
}
