using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Has the client ask the person (RFC 4256 section 3.2).</summary>
/// <remarks><code>
/// byte      SSH_MSG_USERAUTH_INFO_REQUEST (60)
/// string    name, UTF-8
/// string    instruction, UTF-8
/// string    language tag, deprecated
/// int       num-prompts
/// repeat the following 2 fields "num-prompts" times:
///   string  prompt, UTF-8
///   boolean echo
/// </code></remarks>
internal sealed record UserAuthInfoRequest(
    string Name,
    string Instruction,
    IReadOnlyList<UserAuthInfoRequest.Prompt> Prompts) : IMessage<UserAuthInfoRequest>
{
    /// <summary>Prompts of one round: nobody is asked for more than a few things at once. OpenSSH's client takes 100.</summary>
    public const int MaximumPrompts = 16;

    public static byte Number => MessageNumber.UserAuthInfoRequest;

    public static UserAuthInfoRequest Read(scoped ref WireReader reader)
    {
        var name = reader.ReadText(WireLimits.Text);
        var instruction = reader.ReadText(WireLimits.Text);
        reader.ReadText(WireLimits.Name);
        var count = reader.ReadUInt32();
        if (count > MaximumPrompts)
        {
            WireFormatException.Throw($"{count} prompts exceed {MaximumPrompts}");
        }

        var prompts = new Prompt[count];
        for (var i = 0; i < prompts.Length; i++)
        {
            prompts[i] = new Prompt(reader.ReadText(WireLimits.Text), reader.ReadBoolean());
        }

        return new UserAuthInfoRequest(name, instruction, prompts);
    }

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Name);
        writer.WriteText(Instruction);
        writer.WriteText("");
        writer.WriteUInt32((uint)Prompts.Count);
        foreach (var prompt in Prompts)
        {
            writer.WriteText(prompt.Text);
            writer.WriteBoolean(prompt.IsEchoed);
        }
    }

    /// <summary>One thing that is asked for, and whether what is typed may be seen.</summary>
    internal readonly record struct Prompt(string Text, bool IsEchoed);
}
