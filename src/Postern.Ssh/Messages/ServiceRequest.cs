using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Asks for a service (RFC 4253 section 10).</summary>
/// <remarks><code>
/// byte      SSH_MSG_SERVICE_REQUEST (5)
/// string    service name
/// </code></remarks>
internal readonly record struct ServiceRequest(string Service) : IMessage<ServiceRequest>
{
    public static byte Number => MessageNumber.ServiceRequest;

    public static ServiceRequest Read(scoped ref WireReader reader) => new(reader.ReadName(WireLimits.Name));

    public void Write(scoped ref WireWriter writer) => writer.WriteText(Service);
}
