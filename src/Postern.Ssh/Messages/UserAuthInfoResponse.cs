using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>What the person answered (RFC 4256 section 3.4); the responses are secrets.</summary>
/// <remarks><code>
/// byte      SSH_MSG_USERAUTH_INFO_RESPONSE (61)
/// int       num-responses
/// string    response, UTF-8, "num-responses" times
/// </code></remarks>
internal readonly record struct UserAuthInfoResponse(string[] Responses) : IMessage<UserAuthInfoResponse>
{
    public static byte Number => MessageNumber.UserAuthInfoResponse;

    public static UserAuthInfoResponse Read(scoped ref WireReader reader)
    {
        var count = reader.ReadUInt32();
        if (count > UserAuthInfoRequest.MaximumPrompts)
        {
            WireFormatException.Throw($"{count} responses exceed {UserAuthInfoRequest.MaximumPrompts}");
        }

        var responses = new string[count];
        for (var i = 0; i < responses.Length; i++)
        {
            responses[i] = reader.ReadText(WireLimits.Response);
        }

        return new UserAuthInfoResponse(responses);
    }

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32((uint)Responses.Length);
        foreach (var response in Responses)
        {
            writer.WriteText(response);
        }
    }
}
