using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>A private key in this process's memory that can be kept in a file, see <see cref="OpenSshPrivateKeyFile"/>.</summary>
public abstract class PrivateKey : ISigner, IDisposable
{
    /// <summary>Only the types of this room are private keys.</summary>
    private protected PrivateKey()
    {
    }

    /// <inheritdoc/>
    public abstract PublicKey PublicKey { get; }

    /// <summary>The most bytes that <see cref="WriteFields"/> writes.</summary>
    internal abstract int FieldsSize { get; }

    /// <inheritdoc/>
    public abstract byte[] Sign(string algorithm, ReadOnlySpan<byte> data);

    /// <summary>Lets the key go, and clears it where that is in our hands.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Reads what stands behind the type's name in a file's private section. Throws
    /// <see cref="WireFormatException"/> when the type is unknown or the fields are no key.
    /// </summary>
    internal static PrivateKey ReadFields(string type, scoped ref WireReader reader) => type switch
    {
        Ed25519PublicKey.TypeName => Ed25519PrivateKey.FromFields(ref reader),
        RsaPublicKey.TypeName => RsaPrivateKey.FromFields(ref reader),
        "ecdsa-sha2-nistp256" or "ecdsa-sha2-nistp384" or "ecdsa-sha2-nistp521" => EcdsaPrivateKey.FromFields(type, ref reader),
        _ => WireFormatException.Throw<PrivateKey>($"private keys of type {type} are not known"),
    };

    /// <summary>Writes what stands behind the type's name in a file's private section.</summary>
    internal abstract void WriteFields(scoped ref WireWriter writer);

    /// <summary>Lets the key go; always by <see cref="Dispose()"/>, for there is no finalizer.</summary>
    protected abstract void Dispose(bool disposing);
}
