using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Configuration;

public sealed class ConfigurationTests : IDisposable
{
    private readonly TestHome _home = new();

    [Fact]
    public void Layers_WinInTheirOrder()
    {
        Assert.Equal("Postern", Load().ServiceName);
        _home.Write(".postern/server.json", """{"url":"http://s","document":{"service":{"name":"Server"},"api":{"base_url":"http://s/","auth_url":"http://s"}}}""");
        Assert.Equal(("Server", "http://s", "http://s/oauth2/token"), (Load().ServiceName, Load().BaseUrl, Load().TokenUrl));
        _home.Write("vendor.yaml", "service: {name: Vendor}\napi:\n  auth_url: http://v\n");
        _home.Variables["CLI_CONFIG_FILE"] = _home.File("vendor.yaml");
        Assert.Equal(("Vendor", "http://v/oauth2/token"), (Load().ServiceName, Load().TokenUrl));
        _home.Write(".postern/config.yaml", "service:\n  name: 'User'\nssh:\n  options:\n  - Port 22\n  - Compression yes\n");
        Assert.Equal("User", Load().ServiceName);
        Assert.Equal(["Port 22", "Compression yes"], Load().SshOptions);
        _home.Variables["POSTERN_SERVICE_NAME"] = "Environment";
        _home.Variables["POSTERN_SSH_OPTIONS"] = "Port 2200";
        Assert.Equal("Environment", Load().ServiceName);
        Assert.Equal(["Port 2200"], Load().SshOptions);
    }

    [Fact]
    public void AnotherVendor_BringsItsOwnNames()
    {
        _home.Write("vendor.yaml", "application:\n  name: Acme CLI\n  slug: acme\n  executable: acme\n  env_prefix: ACME_\n  user_config_dir: .acme\nunknown:\n  - {a: b}\n  - [c]\n");
        _home.Variables["CLI_CONFIG_FILE"] = _home.File("vendor.yaml");
        _home.Variables["ACME_TOKEN"] = "t";
        using var output = new StringWriter();
        var (config, directory, _) = ConfigurationLoader.Load(_home.Host(output, output));
        Assert.Equal(("acme", "t"), (config.Executable, config.ApiToken));
        Assert.Equal(_home.File(".acme"), directory.Root);
    }

    [Fact]
    public void AllFaults_AreReportedAtOnce_WithTheirPlaces()
    {
        _home.Write(".postern/config.yaml", "api:\n  base_url: ftp://x\n  default_timeout: soon\nssh:\n  auto_load_cert: maybe\n  domain_wildcards: ['*.a.test', 'b;rm']\n  options: [\"Port 1\\nProxyCommand x\"]\nservice:\n  name: [a]\n");
        var fault = Assert.Throws<CliException>(Load);
        Assert.Equal(ExitCode.InvalidConfiguration, fault.ExitCode);
        foreach (var key in new[] { "line 2: api.base_url", "line 3: api.default_timeout", "line 5: ssh.auto_load_cert", "ssh.domain_wildcards", "ssh.options", "service.name" })
        {
            Assert.Contains(key, fault.Message);
        }
    }

    [Theory]
    [InlineData("api: [")]
    [InlineData("a:\n\t- b")]
    [InlineData("just text")]
    [InlineData("- list")]
    [InlineData("a: *b")]
    [InlineData("\u0001")]
    public void BrokenYaml_IsAFaultWithTheFileName(string text)
    {
        _home.Write(".postern/config.yaml", text);
        Assert.Contains("config.yaml", Assert.Throws<CliException>(Load).Message);
    }

    [Fact]
    public void DeepOrHugeYaml_IsRefused()
    {
        _home.Write(".postern/config.yaml", string.Concat(Enumerable.Range(0, 40).Select(i => new string(' ', i) + "a:\n")) + new string(' ', 40) + "b: 1\n");
        Assert.Contains("nested more than", Assert.Throws<CliException>(Load).Message);
        _home.Write(".postern/config.yaml", new string('#', 2 * 1024 * 1024));
        Assert.Contains("is larger than", Assert.Throws<CliException>(Load).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("api:\n")]
    [InlineData("api: {vendor_filter: null}\n")]
    public void EmptyFiles_AreFine(string text)
    {
        _home.Write(".postern/config.yaml", text);
        Assert.Null(Load().VendorFilter);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    public void DamagedRememberedServer_IsNamed(string text)
    {
        _home.Write(".postern/server.json", text);
        Assert.Contains("server.json", Assert.Throws<CliException>(Load).Message);
    }

    [Theory]
    [InlineData("""{"api":{"base_url":"javascript:x"}}""")]
    [InlineData("""{"ssh":{"options":["Port 1\nProxyCommand touch /tmp/x"]}}""")]
    [InlineData("""{"ssh":{"domain_wildcards":["*\" exec \"touch /tmp/x"]}}""")]
    [InlineData("""{"ssh":{"domain_wildcards":[null]}}""")]
    public void HostileDocumentOfAServer_IsRefused(string document)
    {
        _home.Write(".postern/server.json", $"{{\"url\":\"http://s\",\"document\":{document}}}");
        Assert.Throws<CliException>(Load);
    }

    [Theory]
    [InlineData("ssh.options", """{"ssh":{"options":["ProxyCommand touch /tmp/x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["Port 22","  proxycommand=touch /tmp/x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["KnownHostsCommand /bin/sh -c x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["PermitLocalCommand yes","LocalCommand touch /tmp/x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["Match exec \"touch /tmp/x\""]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["Include /tmp/x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["StrictHostKeyChecking no"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["\"ProxyCommand\" x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["=ProxyCommand x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["HostName x;touch /tmp/x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["HostName -oProxyCommand=x"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":["HostName"]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":[""]}}""")]
    [InlineData("ssh.options", """{"ssh":{"options":[null]}}""")]
    [InlineData("ssh.domain_wildcards", """{"ssh":{"domain_wildcards":["*"]}}""")]
    [InlineData("ssh.domain_wildcards", """{"ssh":{"domain_wildcards":["*.com"]}}""")]
    [InlineData("ssh.domain_wildcards", """{"ssh":{"domain_wildcards":["*.*.com"]}}""")]
    [InlineData("ssh.domain_wildcards", """{"ssh":{"domain_wildcards":["*.a..b"]}}""")]
    [InlineData("ssh.domain_wildcards", """{"ssh":{"domain_wildcards":["github.com"]}}""")]
    [InlineData("service.name", """{"service":{"name":"Postern\nProxyCommand touch /tmp/x\n#"}}""")]
    public void ServerThatReachesIntoSsh_IsRefused(string key, string document)
    {
        _home.Write(".postern/server.json", $"{{\"url\":\"http://s\",\"document\":{document}}}");
        var fault = Assert.Throws<CliException>(Load);
        Assert.Equal(ExitCode.InvalidConfiguration, fault.ExitCode);
        Assert.Contains($"http://s: {key}: a server may", fault.Message);
    }

    [Fact]
    public void Server_MayNameItsGateway_ButNotSayYesForThePerson()
    {
        const string Options = """["HostName 127.0.0.1","port=2222","HOSTKEYALIAS a.postern.test","HostKeyAlgorithms ^ssh-ed25519-cert-v01@openssh.com","ConnectTimeout 5","ServerAliveInterval 15","ServerAliveCountMax = 3"]""";
        _home.Write(".postern/server.json", """{"url":"http://s","document":{"ssh":{"options":""" + Options + ""","domain_wildcards":["*.postern.test","*.localhost"],"write_user_config":true}}}""");
        Assert.Equal(7, Load().SshOptions.Count);
        Assert.Equal(["*.postern.test", "*.localhost"], Load().DomainWildcards);
        Assert.Null(Load().WriteUserSshConfig);
        _home.Write(".postern/server.json", """{"url":"http://s","document":{"ssh":{"write_user_config":false}}}""");
        Assert.False(Load().WriteUserSshConfig);
    }

    [Fact]
    public void ThePersonsOwnFiles_MaySetWhatAServerMayNot()
    {
        _home.Write("vendor.yaml", """{"ssh":{"options":["ProxyCommand nc %h %p"],"domain_wildcards":["*"],"write_user_config":true}}""");
        _home.Variables["CLI_CONFIG_FILE"] = _home.File("vendor.yaml");
        Assert.Equal(["ProxyCommand nc %h %p"], Load().SshOptions);
        Assert.Equal(["*"], Load().DomainWildcards);
        Assert.True(Load().WriteUserSshConfig);
    }

    [Fact]
    public async Task LoginAtAHostileServer_WritesNothing()
    {
        await using var server = await ContractServer.StartAsync();
        server.Ssh["options"] = new System.Text.Json.Nodes.JsonArray("ProxyCommand touch /tmp/x");
        var login = await _home.RunAsync("login", "--server", server.Url);
        Assert.Equal(ExitCode.InvalidConfiguration, login.ExitCode);
        Assert.Contains("ProxyCommand touch /tmp/x", login.Error);
        Assert.False(Directory.Exists(_home.File(".ssh")));
        Assert.False(File.Exists(_home.File(".postern/server.json")));
    }

    [Fact]
    public async Task MissingVendorFileOrServer_SaysWhatToDo()
    {
        var unknown = await _home.RunAsync("ssh", "-p", "x");
        Assert.Equal(4, unknown.ExitCode);
        Assert.Contains("No server is configured.", unknown.Error);
        Assert.Contains("postern login --server URL", unknown.Error);
        _home.Variables["CLI_CONFIG_FILE"] = "/nowhere.yaml";
        Assert.Equal(4, (await _home.RunAsync("projects")).ExitCode);
    }

    public void Dispose() => _home.Dispose();

    private VendorConfig Load()
    {
        using var output = new StringWriter();
        return ConfigurationLoader.Load(_home.Host(output, output)).Config;
    }
}
