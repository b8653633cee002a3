using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>For every decoder: whatever comes, it returns or throws <see cref="WireFormatException"/>, and what was written is read.</summary>
public sealed class DecoderPropertyTests : IDisposable
{
    private static readonly Config Quick = Config.QuickThrowOnFailure.WithMaxTest(2000);

    private readonly CertificateWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void PublicKey_OfAnyBytes_IsReadOrRefused() =>
        Check(b => PublicKey.Read(b));

    [Fact]
    public void PublicKey_OfAnyTypeAndFields_IsReadOrRefused() =>
        Prop.ForAll<NonNegativeInt, byte[][], byte[]>((type, fields, rest) =>
        {
            var name = PublicKeyAlgorithm.All[type.Get % PublicKeyAlgorithm.All.Count].BlobType;
            var writer = new WireWriter(new byte[64 * 1024]);
            writer.WriteText(name);
            foreach (var field in fields.Take(64))
            {
                writer.WriteString(field);
            }

            writer.WriteBytes(rest);
            var blob = writer.Written.ToArray();
            return IsReadOrRefused(() => PublicKey.Read(blob)) && IsReadOrRefused(() => Certificate.Read(blob));
        }).Check(Quick);

    [Fact]
    public void Certificate_OfAnyBytes_IsReadOrRefused() =>
        Check(b => Certificate.Read(b));

    // Bytes exchanged, doubled and cut in a real certificate reach deeper than chance does.
    [Fact]
    public void Certificate_Mangled_IsRefused()
    {
        var blob = _workshop.Sign(_workshop.Statement with { Extensions = [new("permit-pty", ""), new("token-id@example.com", "x")] }).Blob.ToArray();
        Prop.ForAll<NonNegativeInt, NonNegativeInt, byte[]>((at, drop, insert) =>
        {
            var start = at.Get % blob.Length;
            var end = Math.Min(blob.Length, start + (drop.Get % 16));
            byte[] mangled = [.. blob[..start], .. insert, .. blob[end..]];
            return mangled.AsSpan().SequenceEqual(blob) || IsRefused(() => Certificate.Read(mangled));
        }).Check(Quick);
    }

    [Fact]
    public void KeyLine_OfAnyText_IsReadOrRefused() =>
        Prop.ForAll<string>(text => text is null
            || (IsReadOrRefused(() => PublicKey.ParseAuthorizedKey(text))
                && IsReadOrRefused(() => PublicKey.ParseAuthorizedKey("ssh-ed25519 " + text))
                && IsReadOrRefused(() => Certificate.Parse(text)))).Check(Quick);

    [Fact]
    public void PrivateKeyFile_OfAnyContent_IsReadOrRefused() =>
        Check(b =>
        {
            IsRefused(() => OpenSshPrivateKeyFile.Read(b).Dispose());
            var text = $"-----BEGIN OPENSSH PRIVATE KEY-----\n{Convert.ToBase64String([.. "openssh-key-v1\0"u8, .. b])}\n-----END OPENSSH PRIVATE KEY-----";
            OpenSshPrivateKeyFile.Read(Encoding.ASCII.GetBytes(text)).Dispose();
        });

    [Fact]
    public void Signature_OfAnyBytes_DoesNotVerify() =>
        Prop.ForAll<byte[], byte[]>((data, noise) =>
        {
            byte[] framed = [0, 0, 0, 11, .. "ssh-ed25519"u8, .. noise];
            return !_workshop.Holder.PublicKey.Verify("ssh-ed25519", data, noise)
                && !_workshop.Holder.PublicKey.Verify("ssh-ed25519", data, framed);
        }).Check(Quick);

    [Fact]
    public void SourceAddressList_OfAnyText_IsDecided() =>
        Prop.ForAll<string>(text => text is null || SourceAddressList.IsWellFormed(text) || !SourceAddressList.Matches(text, System.Net.IPAddress.Loopback)).Check(Quick);

    [Fact]
    public void Statement_OnceSigned_IsReadAsItWasMade() =>
        Prop.ForAll<ulong, NonEmptyArray<NonEmptyString>, NonEmptyArray<NonEmptyString>>((serial, names, values) =>
        {
            var principals = names.Get.Select(n => Plain(n.Get)).Take(CertificateLimits.Principals).ToList();
            var options = values.Get.Select((v, i) => new CertificateOption($"option-{i:d4}@example.com", v.Get.Trim('\ud800', '\udfff'))).Take(CertificateLimits.Options).ToList();
            if (options.Exists(o => !IsWellFormed(o.Value)))
            {
                return true;
            }

            var certificate = _workshop.Sign(_workshop.Statement with { Serial = serial, Principals = principals, Extensions = options, CriticalOptions = options });
            return certificate.Serial == serial
                && certificate.Principals.SequenceEqual(principals)
                && certificate.Extensions.SequenceEqual(options)
                && certificate.CriticalOptions.SequenceEqual(options);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Ed25519Key_OfAnySeed_SurvivesItsFile() =>
        Prop.ForAll<NonNegativeInt, byte[]>((number, data) =>
        {
            using var key = Ed25519PrivateKey.FromSeed(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(number.Get)));
            using var read = OpenSshPrivateKeyFile.Read(OpenSshPrivateKeyFile.Write(key, $"number {number.Get}"));
            return read.PublicKey.Equals(key.PublicKey)
                && key.PublicKey.Verify("ssh-ed25519", data, read.Sign("ssh-ed25519", data))
                && PublicKey.ParseAuthorizedKey(key.PublicKey.ToAuthorizedKey("c")) == new AuthorizedKey(key.PublicKey, "c");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static void Check(Action<byte[]> decode) =>
        Prop.ForAll<byte[]>(bytes => IsReadOrRefused(() => decode(bytes))).Check(Quick);

    private static bool IsReadOrRefused(Action decode)
    {
        _ = IsRefused(decode);
        return true;
    }

    // Any other exception leaves here and fails the property.
    private static bool IsRefused(Action decode)
    {
        try
        {
            decode();
            return false;
        }
        catch (WireFormatException)
        {
            return true;
        }
    }

    private static bool IsWellFormed(string text) => !text.Any(char.IsSurrogate);

    private static string Plain(string text) => "p" + string.Concat(text.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)));
}
