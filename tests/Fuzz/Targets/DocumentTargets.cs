using System.Text;
using Microsoft.Extensions.Primitives;
using Postern.Cli.Certificates;
using Postern.Cli.Configuration;
using Postern.Directory.Apply;
using Postern.Gateway.Listening.ProxyProtocol;
using Postern.Gateway.Routing;
using Postern.Login.OAuth;

namespace Fuzz.Targets;

/// <summary>Texts that strangers, operators or servers write: user names, documents, requests, the command's files.</summary>
internal static class DocumentTargets
{
    // A YAML parser keeps a token, its marks and a node of a few hundred bytes for each byte like '-'.
    private const int YamlPerByte = 4096;
    private const int YamlBase = 1024 * 1024;

    private static readonly byte[][] Yaml =
    [
        .. new[] { "- ", ": ", "\n  ", "&a ", "*a", "{", "}", "[", "]", "|\n", ">\n", "!!str ", "---\n", "? ", "# ", "\"", "'", "projects", "organizations", "name", "id", "<<" }
            .Select(Encoding.ASCII.GetBytes),
    ];

    public static IEnumerable<FuzzTarget> All()
    {
        yield return new FuzzTarget("SshUserName", ["jyu7waly36ncj-main-7rqtwti--app--queue--2"u8.ToArray()], b =>
            "name " + SshUserName.TryParse(Encoding.UTF8.GetString(b), out _))
        { Refusal = null, Dictionary = [.. new[] { "--", "-", "%", "..", "/", "\n" }.Select(Encoding.ASCII.GetBytes)] };

        byte[][] headers =
        [
            "PROXY TCP4 192.0.2.1 192.0.2.2 1000 22\r\n"u8.ToArray(),
            "PROXY TCP6 2001:db8::1 2001:db8::2 1000 22\r\n"u8.ToArray(),
            "PROXY UNKNOWN\r\n"u8.ToArray(),
            [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 3, 232, 0, 22],
            [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x21, 0, 39, .. new byte[32], 3, 232, 0, 22, 4, 0, 0],
            [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x20, 0, 0, 0],
        ];
        yield return new FuzzTarget("ProxyHeader", headers, ReadProxyHeader);

        yield return new FuzzTarget("ApplyDocument", [Encoding.UTF8.GetBytes(ApplyExample())], b =>
        {
            var faults = new ApplyFaults();
            _ = ApplyReader.Read(Encoding.UTF8.GetString(b), "/nowhere", faults);
            return faults.InOrder() is [var first, ..] ? first.Message : "read";
        })
        { Refusal = null, Dictionary = Yaml, AllocationBase = YamlBase, AllocationPerByte = YamlPerByte };

        yield return new FuzzTarget("CommandConfiguration", ["application:\n  name: Postern\napi:\n  url: https://example.com\n"u8.ToArray()], b =>
        {
            var faults = new List<string>();
            _ = YamlLayer.Read(Encoding.UTF8.GetString(b), "file", faults);
            return faults.Count == 0 ? "read" : faults[0];
        })
        { Refusal = null, Dictionary = Yaml, AllocationBase = YamlBase, AllocationPerByte = YamlPerByte };

        yield return new FuzzTarget("CommandCertificate", [Encoding.ASCII.GetBytes(KeyTargetsLine())], b =>
            "certificate " + OpenSshCertificate.Parse(Encoding.Latin1.GetString(b)).Principals.Count)
        { Refusal = typeof(FormatException) };

        var reader = new AuthorizationRequestReader([OAuthClient.CommandLine]);
        const string Request = "response_type=code&client_id=postern-cli&redirect_uri=http://127.0.0.1:5000&state=abc&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&scope=offline_access&prompt=consent&max_age=60";
        yield return new FuzzTarget("AuthorizationRequest", [Encoding.ASCII.GetBytes(Request)], b =>
        {
            var pairs = Encoding.Latin1.GetString(b).Split('&').Select(p => p.Split('=', 2))
                .GroupBy(p => p[0], StringComparer.Ordinal)
                .Select(g => KeyValuePair.Create(g.Key, new StringValues([.. g.Select(p => p.Length > 1 ? p[1] : "")])));
            var (request, refusal) = reader.Read(new OAuthParameters(pairs));
            return request is null == refusal is null
                ? throw new InvalidOperationException("neither a request nor a refusal, or both")
                : refusal?.Error.Description ?? "request";
        })
        {
            Refusal = null,
            AllocationPerByte = 512,
            Dictionary = [.. Request.Split('&', '=').Concat(["&", "=", "request", "request_uri", "response_mode", "login", "none"]).Select(Encoding.ASCII.GetBytes)],
        };
    }

    /// <summary>As a listener does: no more is received than was wanted, and so the end of the header is found.</summary>
    private static string ReadProxyHeader(byte[] bytes)
    {
        var received = 0;
        while (true)
        {
            var header = ProxyHeaderDecoder.TryRead(bytes.AsSpan(0, received), out var wanted);
            if (header is not null)
            {
                return "header";
            }

            if (wanted <= 0)
            {
                throw new InvalidOperationException("no header, and nothing more is wanted");
            }

            if (received == bytes.Length)
            {
                return "more";
            }

            received = Math.Min(bytes.Length, received + wanted);
        }
    }

    private static string KeyTargetsLine() =>
        Encoding.UTF8.GetString(KeyTargets.All().First(t => t.Name == "CertificateLine").Seeds[0]);

    /// <summary>The example of docs/apply.md.</summary>
    private static string ApplyExample()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryFolder.Path, "docs", "apply.md"));
        var start = page.IndexOf("```yaml\n", StringComparison.Ordinal) + "```yaml\n".Length;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }
}
