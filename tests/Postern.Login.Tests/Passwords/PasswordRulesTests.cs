using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Login.Accounts;
using Postern.Login.Passwords;

namespace Postern.Login.Tests.Passwords;

/// <summary>What may be a password.</summary>
public sealed class PasswordRulesTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-passwords-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("aaaaaaaaaaaaaaaa")]
    [InlineData("abcabcabcabcabc")]
    [InlineData("password1234!")]
    [InlineData("P@ssw0rd2026!!")]
    [InlineData("qwertyuiop12")]
    [InlineData("1q2w3e4r5t6y")]
    [InlineData("Welcome2026!!")]
    [InlineData("poiuytrewq09")]
    [InlineData("Postern-2026!")]
    [InlineData("ada.lovelace1815")]
    [InlineData("AdaLovelace!!")]
    [InlineData("example-2024!")]
    [InlineData("SummerSummer1")]
    [InlineData("correct horse battery staple")]
    public void EasyPassword_IsRefused(string password) =>
        Assert.Contains("easy to guess", Assert.Single(Rules().FindFaults(password, "ada.lovelace@example.com", "Ada", "Lovelace")), StringComparison.Ordinal);

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("tramway otter violin")]
    [InlineData("k3#vQ9!mZx7&")]
    [InlineData("Пароль из слов, длинный")]
    public void GoodPassword_IsAccepted(string password) =>
        Assert.Empty(Rules().FindFaults(password, "ada.lovelace@example.com", "Ada", "Lovelace"));

    [Fact]
    public void GeneratedPasswords_AreAccepted()
    {
        var rules = Rules();
        for (var i = 0; i < 500; i++)
        {
            var password = AccountService.GeneratePassword();
            Assert.True(rules.FindFaults(password, "ada@example.com", "", "").Count == 0, password);
        }
    }

    [Theory]
    [InlineData("short", "at least 12")]
    [InlineData("", "at least 12")]
    public void Length_IsChecked(string password, string fault) =>
        Assert.Contains(fault, Assert.Single(Rules().FindFaults(password, "", "", "")), StringComparison.Ordinal);

    [Fact]
    public void TooLong_IsRefused() =>
        Assert.Contains("at most 256", Assert.Single(Rules().FindFaults(new string('x', 257), "", "", "")), StringComparison.Ordinal);

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void LeakedPasswords_AreFoundWhereverTheyStandInTheFile(string lineEnd)
    {
        var leaked = Enumerable.Range(0, 997).Select(i => $"tramway otter violin {i}").ToList();
        var path = Write(leaked, lineEnd);
        var file = BreachedPasswordFile.Open(path);
        Assert.All(leaked, password => Assert.True(file.Contains(password), password));
        Assert.All(leaked, password => Assert.False(file.Contains(password + "!"), password));
        Assert.Contains("leaked", Assert.Single(Rules(path).FindFaults("tramway otter violin 500", "", "", "")), StringComparison.Ordinal);
        Assert.Empty(Rules(path).FindFaults("tramway otter violin x", "", "", ""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("password\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\n")]
    [InlineData("zzAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\n")]
    public void OtherFile_IsRefusedAtStart(string content)
    {
        var path = Path.Combine(_folder, "other.txt");
        File.WriteAllText(path, content);
        Assert.Throws<InvalidDataException>(() => BreachedPasswordFile.Open(path));
    }

    [Fact]
    public void MissingFile_IsRefusedAtStart() =>
        Assert.Throws<FileNotFoundException>(() => BreachedPasswordFile.Open(Path.Combine(_folder, "none.txt")));

    [Fact]
    public void FileThatIsGoneLater_LetsNoPasswordThrough()
    {
        var path = Write(["tramway otter violin"], "\n");
        var rules = Rules(path);
        File.Delete(path);
        Assert.Contains("cannot be checked", Assert.Single(rules.FindFaults("tramway otter viola", "", "", "")), StringComparison.Ordinal);
    }

    [Fact]
    public void FileInDisorder_EndsTheSearch()
    {
        var path = Path.Combine(_folder, "disorder.txt");
        File.WriteAllText(path, string.Concat(Enumerable.Repeat("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\nnot a line\n", 1000)));
        var file = BreachedPasswordFile.Open(path);
        Assert.Throws<InvalidDataException>(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                file.Contains($"password {i}");
            }
        });
    }

    private static PasswordRules Rules(string? file = null) => new(
        new LoginOptions { Issuer = "https://postern.example", BreachedPasswordsFile = file }, NullLogger<PasswordRules>.Instance);

    private string Write(IEnumerable<string> passwords, string lineEnd)
    {
        var path = Path.Combine(_folder, "leaked.txt");
        var lines = passwords
            .Select((password, i) => $"{Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)))}:{i * 7919}")
            .Order(StringComparer.Ordinal);
        File.WriteAllText(path, string.Concat(lines.Select(line => line + lineEnd)));
        return path;
    }
}
