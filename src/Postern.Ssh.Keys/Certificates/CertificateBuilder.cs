using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>Writes and signs certificates (draft-miller-ssh-cert section 2.1).</summary>
/// <param name="authority">The key that signs.</param>
/// <param name="random">Where nonces come from: they make the signed bytes unpredictable.</param>
public sealed class CertificateBuilder(ISigner authority, RandomNumberGenerator random)
{
    private const int NonceSize = 32;

    /// <summary>
    /// Signs, and returns the certificate as it reads from its own bytes. Throws <see cref="ArgumentException"/> for
    /// a statement without principals, with a validity that never comes or a repeated option, and
    /// <see cref="WireFormatException"/> for one that a reader would refuse, such as one beyond <see cref="CertificateLimits"/>.
    /// </summary>
    public Certificate Sign(CertificateStatement statement)
    {
        Require(statement);
        var type = PublicKeyType.Require(statement.Key.Type);
        var buffer = ArrayPool<byte>.Shared.Rent(SizeOf(statement) + WireLimits.Signature);
        try
        {
            var writer = new WireWriter(buffer);
            WriteBody(ref writer, type, statement);
            writer.WriteString(authority.Sign(authority.PublicKey.SignatureAlgorithms[0], writer.Written));
            return Certificate.Read(writer.Written);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Require(CertificateStatement statement)
    {
        if (statement.Principals.Count == 0)
        {
            throw new ArgumentException("a certificate needs a principal", nameof(statement));
        }

        if (statement.ValidAfter >= statement.ValidBefore)
        {
            throw new ArgumentException("a certificate must begin before it ends", nameof(statement));
        }

        if (HasRepeated(statement.CriticalOptions) || HasRepeated(statement.Extensions))
        {
            throw new ArgumentException("a certificate may have an option only once", nameof(statement));
        }
    }

    private static bool HasRepeated(IReadOnlyCollection<CertificateOption> options) =>
        options.DistinctBy(o => o.Name, StringComparer.Ordinal).Count() != options.Count;

    private void WriteBody(scoped ref WireWriter writer, PublicKeyType type, CertificateStatement statement)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        random.GetBytes(nonce);
        writer.WriteText(type.CertificateName);
        writer.WriteString(nonce);
        writer.WriteBytes(statement.Key.Blob.Span[(sizeof(uint) + type.Name.Length)..]);
        writer.WriteUInt64(statement.Serial);
        writer.WriteUInt32((uint)statement.Type);
        writer.WriteText(statement.KeyId);
        writer.WriteUInt32((uint)statement.Principals.Sum(TextSize));
        foreach (var principal in statement.Principals)
        {
            writer.WriteText(principal);
        }

        writer.WriteUInt64(statement.ValidAfter);
        writer.WriteUInt64(statement.ValidBefore);
        WriteOptions(ref writer, statement.CriticalOptions);
        WriteOptions(ref writer, statement.Extensions);
        writer.WriteUInt32(0);
        writer.WriteString(authority.PublicKey.Blob.Span);
    }

    private static void WriteOptions(scoped ref WireWriter writer, IReadOnlyCollection<CertificateOption> options)
    {
        writer.WriteUInt32((uint)options.Sum(OptionSize));
        foreach (var option in options.OrderBy(o => o.Name, StringComparer.Ordinal))
        {
            writer.WriteText(option.Name);
            if (option.Value.Length == 0)
            {
                writer.WriteUInt32(0);
                continue;
            }

            writer.WriteUInt32((uint)TextSize(option.Value));
            writer.WriteText(option.Value);
        }
    }

    private static int TextSize(string text) => sizeof(uint) + Encoding.UTF8.GetByteCount(text);

    private static int OptionSize(CertificateOption option) =>
        TextSize(option.Name) + sizeof(uint) + (option.Value.Length == 0 ? 0 : TextSize(option.Value));

    // The fixed fields, lengths and type name stay far below the last summand.
    private int SizeOf(CertificateStatement statement) =>
        statement.Key.Blob.Length + authority.PublicKey.Blob.Length + TextSize(statement.KeyId) + statement.Principals.Sum(TextSize)
        + statement.CriticalOptions.Sum(OptionSize) + statement.Extensions.Sum(OptionSize) + 1024;
}
