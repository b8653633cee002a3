using System.Text;

namespace Postern.Ssh.Keys.Tests;

/// <summary>
/// Lists between ssh-keygen and us, both ways: for each of a table of keys and certificates <c>ssh-keygen -Q</c> and
/// <see cref="RevocationList"/> must say the same.
/// </summary>
public sealed class RealRevocationListTests(RevocationKeys keys) : IClassFixture<RevocationKeys>
{
    private const string List = "list.krl";

    private readonly SshKeygen _keygen = keys.Keygen;

    public static TheoryData<string, string> Specifications() => new()
    {
        { "serial: 1\n", "ca1" },
        { "serial: 1-100\n", "ca1" },
        { "serial: 100\n", "ca2" },
        { "serial: 200\nserial: 202\nserial: 204-206\nserial: 209\n", "ca1" },
        { "serial: 18446744073709551615\nserial: 200-18446744073709551614\n", "ca1" },
        { "id: alice@example.com\n", "ca1" },
        { "id: alice@example.com\n", "" },
        { "id: dave, the second\nserial: 1\n", "ca2" },
        { "id: bob@example.com\nserial: 200-202\n", "ca1" },
    };

    // What ssh-keygen writes, we read.
    [Theory]
    [MemberData(nameof(Specifications))]
    public void ListOfCertificates_ByKeygen_RevokesTheSame(string specification, string authority)
    {
        _keygen.Write("specification", Encoding.UTF8.GetBytes(specification));
        string[] scope = authority.Length == 0 ? ["-s", "none"] : ["-s", authority + ".pub"];
        _keygen.Run(["-q", "-k", "-f", List, .. scope, "specification"]);
        Assert.True(AssertSameVerdicts() > 0);
    }

    [Theory]
    [InlineData("key: {0}\n")]
    [InlineData("sha1: {0}\n")]
    [InlineData("sha256: {0}\n")]
    public void ListOfKeys_ByKeygen_RevokesTheSame(string line)
    {
        foreach (var name in new[] { "bob", "ca2" })
        {
            var specification = string.Format(System.Globalization.CultureInfo.InvariantCulture, line, _keygen.Read(name + ".pub").Trim());
            _keygen.Write("specification", Encoding.UTF8.GetBytes(specification));
            _keygen.Run("-q", "-k", "-f", List, "specification");
            Assert.InRange(AssertSameVerdicts(), 2, 4);
        }
    }

    [Fact]
    public void ListOfManySerials_ByKeygen_HasBitmapsAndRevokesTheSame()
    {
        var specification = string.Concat(Enumerable.Range(100, 60).Where(n => n % 2 == 0 || n > 140).Select(n => $"serial: {n * 2}\n"));
        _keygen.Write("specification", Encoding.UTF8.GetBytes(specification));
        _keygen.Run("-q", "-k", "-f", List, "-s", "ca1.pub", "specification");
        var file = File.ReadAllBytes(_keygen.PathOf(List));
        Assert.Contains((byte)0x22, file);
        Assert.InRange(AssertSameVerdicts(), 1, 9);
    }

    [Fact]
    public void List_UpdatedByKeygen_RevokesBoth()
    {
        _keygen.Run("-q", "-k", "-z", "5", "-f", List, "alice.pub");
        _keygen.Run("-q", "-k", "-u", "-z", "6", "-f", List, "bob-cert.pub");
        Assert.Equal(6ul, RevocationList.Read(File.ReadAllBytes(_keygen.PathOf(List))).Version);
        Assert.True(AssertSameVerdicts() > 1);
    }

    public static TheoryData<string> Written() => ["serials", "ranges", "bitmap", "key ids", "any authority", "keys", "sha1", "sha256", "authority", "everything", "nothing"];

    // What we write, ssh-keygen reads.
    [Theory]
    [MemberData(nameof(Written))]
    public void List_ByUs_RevokesTheSameForKeygen(string what)
    {
        var authority = KeyOf("ca1");
        var builder = new RevocationListBuilder();
        Include("serials", () => builder.RevokeSerials(authority, 1, 1).RevokeSerials(authority, 203, 203));
        Include("ranges", () => builder.RevokeSerials(authority, 50, 202).RevokeSerials(authority, 205, ulong.MaxValue));
        Include("bitmap", () =>
        {
            for (ulong serial = 2; serial < 15_000; serial += 3)
            {
                builder.RevokeSerials(authority, serial, serial + (serial % 2));
            }
        });
        Include("key ids", () => builder.RevokeKeyId(authority, "alice@example.com").RevokeKeyId(KeyOf("ca2"), "dave, the second"));
        Include("any authority", () => builder.RevokeKeyId(null, "alice@example.com").RevokeSerials(null, 100, 100));
        Include("keys", () => builder.RevokeKey(KeyOf("bob")).RevokeKey(KeyOf("dave")));
#pragma warning disable CA5350 // The format has SHA-1 fingerprints.
        Include("sha1", () => builder.RevokeFingerprint(System.Security.Cryptography.SHA1.HashData(KeyOf("carol").Blob.Span)));
#pragma warning restore CA5350
        Include("sha256", () => builder.RevokeFingerprint(System.Security.Cryptography.SHA256.HashData(KeyOf("alice").Blob.Span)));
        Include("authority", () => builder.RevokeKey(KeyOf("ca2")));
        _keygen.Write(List, builder.Write(9, DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), "made by a test"));

        Assert.Equal(what != "nothing", AssertSameVerdicts() > 0);
        Assert.Contains("KRL version 9", _keygen.Run("-Q", "-l", "-f", List), StringComparison.Ordinal);

        void Include(string which, Action add)
        {
            if (what == which || what == "everything")
            {
                add();
            }
        }
    }

    // A list that ssh-keygen refuses must not pass with us; what it reads of a damaged one, we read alike.
    [Fact]
    public void List_WithAnyByteChanged_IsDecidedAsByKeygen()
    {
        var file = new RevocationListBuilder()
            .RevokeKeyId(null, "bob@example.com").RevokeSerials(KeyOf("ca1"), 200, 203).Write(1, DateTimeOffset.UnixEpoch);
        var subject = Certificate.Parse(_keygen.Read("bob-cert.pub"));
        for (var i = 8; i < file.Length; i += 3)
        {
            var damaged = file.ToArray();
            damaged[i] ^= 0x10;
            _keygen.Write(List, damaged);
            var (exitCode, _) = _keygen.TryRun("-Q", "-f", List, "bob-cert.pub");
            var isRevoked = TryRead(damaged)?.Find(subject) != Revocation.None;

            // Unreadable counts as revoked, for both.
            Assert.True(exitCode != 0 == isRevoked, $"byte {i}: ssh-keygen gave {exitCode}, we say {isRevoked}");
        }
    }

    private static RevocationList? TryRead(byte[] file)
    {
        try
        {
            return RevocationList.Read(file);
        }
        catch (Wire.WireFormatException)
        {
            return null;
        }
    }

    /// <summary>Compares for all keys and certificates there are, and gives the number of revoked ones.</summary>
    private int AssertSameVerdicts()
    {
        var list = RevocationList.Read(File.ReadAllBytes(_keygen.PathOf(List)));
        var files = Directory.GetFiles(Path.GetDirectoryName(_keygen.PathOf(List))!, "*.pub").Select(f => Path.GetFileName(f)!).Order().ToArray();
        var (_, output) = _keygen.TryRun(["-Q", "-f", List, .. files]);
        var revoked = 0;
        foreach (var file in files)
        {
            var line = Assert.Single(output.Split('\n'), l => l.StartsWith(file + " ", StringComparison.Ordinal));
            Assert.True(line.EndsWith(": ok", StringComparison.Ordinal) || line.EndsWith(": REVOKED", StringComparison.Ordinal), line);
            var isRevoked = line.EndsWith(": REVOKED", StringComparison.Ordinal);
            var text = _keygen.Read(file);
            var found = file.Contains("-cert", StringComparison.Ordinal) ? list.Find(Certificate.Parse(text)) : list.Find(PublicKey.ParseAuthorizedKey(text).Key);
            Assert.True(isRevoked == (found != Revocation.None), $"{line}, and we say {found}");
            revoked += isRevoked ? 1 : 0;
        }

        return revoked;
    }

    private PublicKey KeyOf(string name) => PublicKey.ParseAuthorizedKey(_keygen.Read(name + ".pub")).Key;
}
