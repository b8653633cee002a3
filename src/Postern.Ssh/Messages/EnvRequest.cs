using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of an env request (RFC 4254 section 6.4).</summary>
/// <remarks><code>
/// string    variable name
/// string    variable value
/// </code></remarks>
internal readonly record struct EnvRequest(string Name, string Value) : IMessagePart<EnvRequest>
{
    public static EnvRequest Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.ExtendedName),
        reader.ReadText(WireLimits.EnvironmentValue));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Name);
        writer.WriteText(Value);
    }
}
