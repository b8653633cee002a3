using Postern.Gateway.Refusals;

namespace Postern.Gateway.Tests.Refusals;

public class RefusalTests
{
    private static readonly Guid User = Guid.Parse("11111111-2222-3333-4444-555555555555");

    [Fact]
    public void NoAccess_HasBothFormsThatClientsKnow()
    {
        var banner = new Refusal(RefusalCode.NoSuchService, "Run: postern environments").Banner("abc-main-bvxea6i--app", "Ada Lovelace", User);
        Assert.Equal(
            """
            Error: The service doesn't exist or you do not have access to it.
            Service: abc-main-bvxea6i--app
            User: Ada Lovelace (11111111-2222-3333-4444-555555555555)
            Hello Ada Lovelace (UUID: 11111111-2222-3333-4444-555555555555), you successfully authenticated, but could not connect to service abc-main-bvxea6i--app (reason: service doesn't exist or you do not have access to it)
            Code: PST-101
            Fix: Run: postern environments

            """,
            banner);
    }

    [Fact]
    public void MfaRequired_CarriesTheParametersOfTheStepUp()
    {
        var banner = new Refusal(RefusalCode.MfaRequired, "Run: postern login -f").Banner("abc-main-bvxea6i--app", "Ada", User);
        Assert.Contains("Parameters: {\"amr\":[\"mfa\"]}\n", banner, StringComparison.Ordinal);
        Assert.Contains("\n\t - Multifactor authentication (MFA)\n", banner, StringComparison.Ordinal);
        Assert.Contains("(reason: access requires MFA)\n", banner, StringComparison.Ordinal);
    }

    [Fact]
    public void SsoRequired_NamesTheProvider_BesideWhatElseIsMissing()
    {
        var refusal = new Refusal(RefusalCode.SsoRequired, "Run: postern login --method mfa,sso:acme") { Missing = ["mfa", "sso:acme"] };
        var banner = refusal.Banner("abc-main-bvxea6i--app", "Ada", User);
        Assert.StartsWith("Error: Access denied\nService: abc-main-bvxea6i--app\n", banner, StringComparison.Ordinal);
        Assert.Contains(
            "Parameters: {\"amr\":[\"mfa\",\"sso:acme\"]}\nDetail: Additional authentication is required:\n"
            + "\t - Multifactor authentication (MFA)\n\t - Single sign-on (SSO), provider: \"acme\"\nCode: PST-306\n",
            banner, StringComparison.Ordinal);
    }

    /// <summary>SECURITY 27: nothing from outside reaches the terminal raw.</summary>
    [Theory]
    [InlineData("a\u001b[31mb", "a?[31mb")]
    [InlineData("a\nb\r\tc", "a?b??c")]
    [InlineData("a\u202eb\u0000", "a?b?")]
    [InlineData("Åse Ødegård 王", "Åse Ødegård 王")]
    public void Printable_ReplacesWhatCouldDriveATerminal(string text, string expected) =>
        Assert.Equal(expected, Refusal.Printable(text));

    [Fact]
    public void EveryCode_IsListedInTheDocs()
    {
        var codes = File.ReadAllText(Path.Combine(FindRoot(), "docs", "codes.md"));
        foreach (var code in Enum.GetValues<RefusalCode>())
        {
            Assert.Contains($"| PST-{(int)code} | ", codes, StringComparison.Ordinal);
        }
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
