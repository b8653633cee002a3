using System.Collections;
using System.Net;
using System.Security.Cryptography;
using Postern.Gateway.Listening;
using Postern.Login.Mail;
using Postern.Server.Configuration;
using Postern.Ssh.Transport;

namespace Postern.Server.Tests.Configuration;

public sealed class ServerConfigTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-config-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public void NoFile_GivesTheDefaults()
    {
        var config = ServerConfig.Load(null, new Hashtable());
        Assert.Equal("ssh.local.postern.test", config.SshHost);
        Assert.Equal([IPEndPoint.Parse("127.0.0.1:2222")], config.SshListen);
        Assert.Equal(TimeSpan.FromHours(1), config.CertificateLifetime);
        Assert.Equal(["HostName 127.0.0.1", "Port 2222"], config.SshClientOptions);
        Assert.Equal("Data Source=/var/lib/postern/postern.db", config.DatabaseConnectionString);
    }

    [Fact]
    public void File_IsRead_AndTheEnvironmentWins()
    {
        var file = Write("""
            deployment:
              domain: example.com
              region: eu
            http:
              public_url: https://login.example.com
              listen: 0.0.0.0:8443
            ssh:
              listen: ["0.0.0.0:22", "[::]:22"]
              client_host: dns
              client_port: 22
            """);
        var config = ServerConfig.Load(file, new Hashtable { ["POSTERN_SERVER__HTTP__LISTEN"] = "127.0.0.1:9000", ["PATH"] = "/bin" });
        Assert.Equal("ssh.eu.example.com", config.SshHost);
        Assert.Equal([IPEndPoint.Parse("127.0.0.1:9000")], config.HttpListen);
        Assert.Equal(2, config.SshListen.Count);
        Assert.Empty(config.SshClientOptions);
        Assert.Equal("example.com", config.ExtensionDomain);
        Assert.Equal(["ssh.eu.example.com", "git.eu.example.com"], config.HostPrincipals);
    }

    [Fact]
    public void Mail_IsReadWithItsPasswordFromTheEnvironment()
    {
        var config = ServerConfig.Load(
            Write("""
                mail:
                  host: mail.example.com
                  security: tls
                  port: 465
                  user: postern
                  from: postern@example.com
                """),
            new Hashtable { ["POSTERN_SERVER__MAIL__PASSWORD"] = "hidden" });
        Assert.Equal(("mail.example.com", 465, MailSecurity.Tls, "postern", "hidden"), (config.Mail!.Host, config.Mail.Port, config.Mail.Security, config.Mail.User, config.Mail.Password));
        Assert.Null(ServerConfig.Load(null, new Hashtable()).Mail);
    }

    [Theory]
    [InlineData("host: mail.example.com", "mail.from")]
    [InlineData("host: mail.example.com\n  from: \"Postern <postern@example.com>\"", "mail.from")]
    [InlineData("from: postern@example.com", "mail.host")]
    [InlineData("host: mail.example.com\n  from: postern@example.com\n  user: postern", "mail.user")]
    [InlineData("host: mail.example.com\n  from: postern@example.com\n  user: postern\n  password: hidden\n  security: none", "mail.security")]
    [InlineData("host: mail.example.com\n  from: postern@example.com\n  authority_file: /nowhere.pem", "mail.authority_file")]
    public void MailThatCannotWork_IsAFaultAndShowsNoPassword(string settings, string key)
    {
        var refusal = Assert.Throws<ConfigurationException>(() => ServerConfig.Load(Write("mail:\n  " + settings), new Hashtable()));
        Assert.Equal(key, Assert.Single(refusal.Faults).Path);
        Assert.DoesNotContain("hidden", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FileOfLeakedPasswords_IsLookedAtWhenItIsRead()
    {
        var other = Write("not such a file");
        var refusal = Assert.Throws<ConfigurationException>(() => ServerConfig.Load(Write($"login:\n  breached_passwords_file: {other}"), new Hashtable()));
        Assert.Equal("login.breached_passwords_file", Assert.Single(refusal.Faults).Path);
    }

    [Fact]
    public void EveryFault_IsReportedAtOnce()
    {
        var file = Write("""
            roles: everything
            deployment:
              domain: "Not A Host"
              color: blue
            http:
              listen: 8080
              public_url: http://login.example.com
            ssh:
              client_port: 70000
              login_grace: soon
            database:
              provider: postgresql
            login:
              session_idle_limit: 60d
            """);
        var faults = Assert.Throws<ConfigurationException>(() => ServerConfig.Load(file, new Hashtable())).Faults;
        Assert.Equal(
            [
                "database.connection_string", "deployment.color", "deployment.domain", "http.listen", "http.public_url",
                "login.session_idle_limit", "roles", "ssh.client_port", "ssh.login_grace",
            ],
            faults.Select(f => f.Path).Order());
    }

    [Fact]
    public void Limits_AreReadInTheirForms()
    {
        var file = Write("""
            ssh:
              max_startups: 10:30:100
              penalty_exempt: none
              proxy_trusted: [10.0.0.0/8, "2001:db8::/32", 192.0.2.7, "::1"]
            """);
        var config = ServerConfig.Load(file, new Hashtable());
        Assert.Equal(new StartupRange(10, 30, 100), config.Startups);
        Assert.Empty(config.Penalties.Exempt);
        Assert.Equal(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7/32", "::1/128"], config.ProxyTrusted.Select(n => n.ToString()));
    }

    [Theory]
    [InlineData("ssh.max_startups", "10:30")]
    [InlineData("ssh.penalty_exempt", "none 10.0.0.0/8")]
    [InlineData("ssh.penalty_exempt", "10")]
    [InlineData("ssh.proxy_trusted", "10.0.0.1/8")]
    [InlineData("ssh.proxy_trusted", "balancer")]
    [InlineData("ssh.penalty_min", "20m")]
    [InlineData("ssh.penalties", "no")]
    public void Limits_InAnotherForm_AreFaults(string key, string value)
    {
        var exception = Assert.Throws<ConfigurationException>(() => ServerConfig.Load(
            null, new Hashtable { ["POSTERN_SERVER__" + key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant()] = value }));
        Assert.Equal(key, Assert.Single(exception.Faults).Path);
    }

    [Fact]
    public void Algorithms_AreReadInTheirOrder()
    {
        var config = ServerConfig.Load(
            Write("""
                ssh:
                  algorithms:
                    ciphers: [aes256-ctr, aes256-gcm@openssh.com]
                    macs: hmac-sha2-512 hmac-sha2-256
                """),
            new Hashtable { ["POSTERN_SERVER__SSH__ALGORITHMS__HOST_KEYS"] = "rsa-sha2-256,ssh-ed25519" });
        Assert.Equal(["aes256-ctr", "aes256-gcm@openssh.com"], config.Algorithms.Ciphers);
        Assert.Equal(["hmac-sha2-512", "hmac-sha2-256"], config.Algorithms.Macs);
        Assert.Equal(["rsa-sha2-256", "ssh-ed25519"], config.Algorithms.HostKeys);
        Assert.Equal(AlgorithmCatalogue.Default.KeyExchanges, config.Algorithms.KeyExchanges);
        Assert.Equal(AlgorithmCatalogue.Default.UserSignatures, config.Algorithms.UserSignatures);
    }

    // Security 23, 41: what is unknown and what is insecure is refused, each in its own words and all at once.
    [Fact]
    public void Algorithms_UnknownOrInsecure_AreFaultsAllAtOnce()
    {
        var file = Write("""
            ssh:
              algorithms:
                key_exchange: [curve25519-sha256, diffie-hellman-group1-sha1, diffie-hellman-group14-sha1, sntrup761x25519-sha512]
                ciphers: [aes128-cbc, 3des-cbc, arcfour256, none, aes128-gcm@openssh.com, aes128-gcm@openssh.com]
                macs: [hmac-sha1, hmac-md5, none, umac-64@openssh.com]
                host_keys: [ssh-rsa, ssh-dss, sk-ssh-ed25519@openssh.com]
                user_signatures: [ssh-rsa-cert-v01@openssh.com]
            """);
        var faults = Assert.Throws<ConfigurationException>(() => ServerConfig.Load(file, new Hashtable())).Faults;
        string Of(string key, string name) => Assert.Single(
            faults, fault => fault.Path == "ssh.algorithms." + key && fault.Message.Contains($"'{name}'", StringComparison.Ordinal)).Message;
        foreach (var (key, name, reason) in new[]
        {
            ("key_exchange", "diffie-hellman-group1-sha1", "1024 bits"), ("key_exchange", "diffie-hellman-group14-sha1", "SHA-1"),
            ("ciphers", "aes128-cbc", "CBC"), ("ciphers", "3des-cbc", "CBC"), ("ciphers", "arcfour256", "RC4"), ("ciphers", "none", "nothing"),
            ("macs", "hmac-sha1", "SHA-1"), ("macs", "hmac-md5", "MD5"), ("macs", "none", "nothing"), ("host_keys", "ssh-rsa", "SHA-1"),
            ("host_keys", "ssh-dss", "DSA"), ("user_signatures", "ssh-rsa-cert-v01@openssh.com", "SHA-1"),
        })
        {
            Assert.Contains("is insecure and cannot be offered", Of(key, name), StringComparison.Ordinal);
            Assert.Contains(reason, Of(key, name), StringComparison.Ordinal);
        }

        Assert.Contains("is not known; known are", Of("key_exchange", "sntrup761x25519-sha512"), StringComparison.Ordinal);
        Assert.Contains("is not known; known are", Of("macs", "umac-64@openssh.com"), StringComparison.Ordinal);
        Assert.Contains("is not known; known are", Of("host_keys", "sk-ssh-ed25519@openssh.com"), StringComparison.Ordinal);
        Assert.Contains("is there twice", Of("ciphers", "aes128-gcm@openssh.com"), StringComparison.Ordinal);
        Assert.Equal(16, faults.Count);
    }

    [Fact]
    public void Algorithms_ThatTheMachineHasNot_AreAFault()
    {
        var file = Write("ssh: {algorithms: {key_exchange: [mlkem768x25519-sha256, curve25519-sha256]}}");
        if (MLKem.IsSupported)
        {
            Assert.Equal("mlkem768x25519-sha256", ServerConfig.Load(file, new Hashtable()).Algorithms.KeyExchanges[0]);
            return;
        }

        var exception = Assert.Throws<ConfigurationException>(() => ServerConfig.Load(file, new Hashtable()));
        Assert.Contains("needs OpenSSL 3.5", Assert.Single(exception.Faults).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [", "is not YAML")]
    [InlineData("- 1", "is not a section")]
    [InlineData("a: {b: {c: {d: {e: 1}}}}", "is not a section")]
    [InlineData("ssh: {listen: [{a: b}]}", "is not a section")]
    public void MalformedFile_IsAFault(string yaml, string expected)
    {
        var exception = Assert.Throws<ConfigurationException>(() => ServerConfig.Load(Write(yaml), new Hashtable()));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HugeFile_IsRefusedUnread()
    {
        var exception = Assert.Throws<ConfigurationException>(
            () => ServerConfig.Load(Write("# " + new string('x', SettingsFile.MaximumSize)), new Hashtable()));
        Assert.Contains("more than 262144", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingFile_IsAFault()
    {
        var exception = Assert.Throws<ConfigurationException>(
            () => ServerConfig.Load(Path.Combine(_folder, "none.yaml"), new Hashtable()));
        Assert.Contains("none.yaml", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownVariableOfOurs_IsAFault()
    {
        var exception = Assert.Throws<ConfigurationException>(
            () => ServerConfig.Load(null, new Hashtable { ["POSTERN_SERVER__SSH__LITSEN"] = "127.0.0.1:1" }));
        Assert.Equal("ssh.litsen", Assert.Single(exception.Faults).Path);
    }

    [Fact]
    public void EverySetting_IsDocumentedWithItsDefault()
    {
        var settings = new SettingsReader(new Dictionary<string, string>(), new Hashtable(), []);
        ServerConfig.Read(settings);
        var documented = File.ReadLines(Path.Combine(FindRoot(), "docs", "configuration.md"))
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries))
            .Select(c => (c[1].Trim('`'), c[2].Trim('`')));
        Assert.Equal(settings.Catalogue.OrderBy(c => c.Key, StringComparer.Ordinal), documented.OrderBy(c => c.Item1, StringComparer.Ordinal));
    }

    private string Write(string yaml)
    {
        var path = Path.Combine(_folder, Path.GetRandomFileName() + ".yaml");
        File.WriteAllText(path, yaml);
        return path;
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Postern.slnx")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}
