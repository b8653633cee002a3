using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>
/// A key that a FIDO authenticator holds (PROTOCOL.u2f of OpenSSH). Its signatures are over a hash of the
/// application, flags, a counter and a hash of the data. The counter proves nothing here and is not looked at.
/// </summary>
public abstract class SecurityKeyPublicKey : PublicKey
{
    /// <summary>The length of an application name; authenticators know it by its SHA-256 only.</summary>
    private const int MaximumApplication = 1024;

    private readonly byte[] _applicationHash;

    private protected SecurityKeyPublicKey(byte[] blob, ReadOnlySpan<byte> application)
        : base(blob) => _applicationHash = SHA256.HashData(application);

    /// <summary>
    /// As <see cref="PublicKey.Verify"/>, and demands more of the authenticator than a touch, such as
    /// <see cref="SecurityKeyFlags.UserVerified"/> for the critical option <c>verify-required</c>.
    /// </summary>
    public bool Verify(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, SecurityKeyFlags demanded) =>
        Verify(algorithm, data, signature) && (FlagsOf(signature) & demanded) == demanded;

    private protected static ReadOnlySpan<byte> ReadApplication(scoped ref WireReader reader) => reader.ReadString(MaximumApplication);

    private protected sealed override bool VerifyBody(string algorithm, ReadOnlySpan<byte> data, scoped ref WireReader signature)
    {
        var value = signature.ReadString(WireLimits.Signature);
        var flags = signature.ReadByte();
        var counter = signature.ReadUInt32();
        signature.RequireEnd();
        if (((SecurityKeyFlags)flags & SecurityKeyFlags.UserPresent) == SecurityKeyFlags.None)
        {
            return false;
        }

        var signed = new byte[SHA256.HashSizeInBytes + 1 + sizeof(uint) + SHA256.HashSizeInBytes];
        var writer = new WireWriter(signed);
        writer.WriteBytes(_applicationHash);
        writer.WriteByte(flags);
        writer.WriteUInt32(counter);
        writer.WriteBytes(SHA256.HashData(data));
        return VerifyAssertion(signed, value);
    }

    private protected abstract bool VerifyAssertion(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    private static SecurityKeyFlags FlagsOf(ReadOnlySpan<byte> signature)
    {
        var reader = new WireReader(signature);
        reader.ReadName(WireLimits.Name);
        reader.ReadString(WireLimits.Signature);
        return (SecurityKeyFlags)reader.ReadByte();
    }
}
