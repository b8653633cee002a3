using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Grants a service (RFC 4253 section 10).</summary>
/// <remarks><code>
/// byte      SSH_MSG_SERVICE_ACCEPT (6)
/// string    service name
/// </code></remarks>
internal readonly record struct ServiceAccept(string Service) : IMessage<ServiceAccept>
{
    public static byte Number => MessageNumber.ServiceAccept;

    public static ServiceAccept Read(scoped ref WireReader reader) => new(reader.ReadName(WireLimits.Name));

    public void Write(scoped ref WireWriter writer) => writer.WriteText(Service);
}
