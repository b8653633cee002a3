using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>All that follows uses the new keys (RFC 4253 section 7.3).</summary>
/// <remarks><code>
/// byte      SSH_MSG_NEWKEYS (21)
/// </code></remarks>
internal readonly record struct NewKeys : IMessage<NewKeys>
{
    public static byte Number => MessageNumber.NewKeys;

    public static NewKeys Read(scoped ref WireReader reader) => default;

    public void Write(scoped ref WireWriter writer)
    {
    }
}
