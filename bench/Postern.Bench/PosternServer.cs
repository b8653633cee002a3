using System.Globalization;
using System.Net;
using Postern.Bench.Clients;

namespace Postern.Bench;

/// <summary>Starts the whole of Postern as an operator would, and gets a certificate by an API token.</summary>
internal static class PosternServer
{
    private const string Email = "bench@postern.test";
    private const string Project = "benchbench12";

    public static async Task<ServerUnderTest> StartAsync(string folder, string programs)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(folder, "home"));
        var (http, ssh) = (ServerUnderTest.FreePort(), ServerUnderTest.FreePort());
        var configuration = Path.Combine(folder, "server.yaml");
        await File.WriteAllTextAsync(configuration, $"""
            data_directory: {folder}/data
            http:
              listen: 127.0.0.1:{http}
              public_url: http://127.0.0.1:{http}
            ssh:
              listen: 127.0.0.1:{ssh}
              client_port: {ssh}
              max_connections_per_address: 100000
              max_connections_per_user: 100000
            """);
        var deployment = Path.Combine(folder, "apply.yaml");
        await File.WriteAllTextAsync(deployment, $$"""
            organizations:
              - { name: bench, label: Bench, owner: {{Email}} }
            projects:
              - id: {{Project}}
                title: Bench
                organization: bench
                environments:
                  main:
                    type: production
                    apps:
                      app: { type: "bash:5" }
            """);
        var server = Path.Combine(programs, "postern-server");
        await Shell.RunAsync(server, ["init", "--config", configuration]);
        await Shell.RunAsync(server, ["user", "add", Email, "--config", configuration]);
        await Shell.RunAsync(server, ["apply", deployment, "--config", configuration]);
        var token = (await Shell.RunAsync(server, ["token", "create", Email, "--name", "bench", "--config", configuration])).Trim();
        var process = Shell.StartLogged(server, ["serve", "--config", configuration], Path.Combine(folder, "log"));
        await ServerUnderTest.WaitForPortAsync(ssh, process);
        await ServerUnderTest.WaitForPortAsync(http, process);

        var document = Path.Combine(folder, "server.json");
        using (var web = new HttpClient())
        {
            await File.WriteAllTextAsync(document, await web.GetStringAsync(new Uri($"http://127.0.0.1:{http}/.well-known/postern")));
        }

        var environment = new Dictionary<string, string>
        {
            ["POSTERN_HOME"] = Path.Combine(folder, "home"),
            ["POSTERN_TOKEN"] = token,
            ["CLI_CONFIG_FILE"] = document,
        };
        var cli = Path.Combine(programs, "postern");
        await Shell.RunAsync(cli, ["ssh-cert:load", "--yes"], environment);
        var destination = (await Shell.RunAsync(cli, ["ssh", "-p", Project, "-e", "main", "-A", "app", "--pipe"], environment)).Trim();
        var certificate = (await Shell.RunAsync(cli, ["ssh-cert:info", "-P", "filename"], environment)).Trim();
        string[] options =
        [
            "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-o", $"CertificateFile={certificate}",
            "-i", certificate.Replace("-cert.pub", "", StringComparison.Ordinal), "-p", $"{ssh}",
            "-o", "HostName=127.0.0.1", "-o", "KexAlgorithms=curve25519-sha256", destination,
        ];
        var port = await Shell.RunAsync("ssh", [.. options, "echo $PORT"]);
        var engine = ClientTarget.FromFiles(
            new IPEndPoint(IPAddress.Loopback, ssh),
            destination[..destination.IndexOf('@', StringComparison.Ordinal)],
            certificate.Replace("-cert.pub", "", StringComparison.Ordinal),
            certificate,
            ServerUnderTest.Algorithms);
        return new ServerUnderTest(
            "postern", process, options, CountsDescendants: false, int.Parse(port, CultureInfo.InvariantCulture), engine);
    }
}
