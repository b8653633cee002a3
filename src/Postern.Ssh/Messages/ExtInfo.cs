using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tells the peer of extensions (RFC 8308 section 2.3).</summary>
/// <remarks><code>
/// byte      SSH_MSG_EXT_INFO (7)
/// uint32    nr-extensions
/// repeat the following 2 fields "nr-extensions" times:
///   string  extension-name
///   string  extension-value (binary)
/// </code></remarks>
internal sealed record ExtInfo(IReadOnlyList<ExtInfo.Extension> Extensions) : IMessage<ExtInfo>
{
    /// <summary>More than this many extensions are refused; OpenSSH sends under ten.</summary>
    public const int MaximumExtensions = 64;

    public static byte Number => MessageNumber.ExtInfo;

    public static ExtInfo Read(scoped ref WireReader reader)
    {
        var count = reader.ReadUInt32();
        if (count > MaximumExtensions)
        {
            WireFormatException.Throw($"{count} extensions exceed {MaximumExtensions}");
        }

        var extensions = new List<Extension>((int)count);
        for (var i = 0; i < count; i++)
        {
            extensions.Add(new Extension(
                reader.ReadName(WireLimits.ExtendedName),
                reader.ReadString(WireLimits.NameList).ToArray()));
        }

        return new ExtInfo(extensions);
    }

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32((uint)Extensions.Count);
        foreach (var extension in Extensions)
        {
            writer.WriteText(extension.Name);
            writer.WriteString(extension.Value);
        }
    }

    /// <summary>One extension; its name decides what the value means.</summary>
    internal readonly record struct Extension(string Name, byte[] Value);
}
