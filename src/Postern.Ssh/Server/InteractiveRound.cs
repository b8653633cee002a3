namespace Postern.Ssh.Server;

/// <summary>What a person is told and asked at once (RFC 4256 section 3.2), lines ended by LF here and CR LF on the wire.</summary>
/// <param name="Name">A title, or empty.</param>
/// <param name="Instruction">What there is to know, or empty.</param>
/// <param name="Prompts">
/// At most 16; none for a round that only tells something. The client answers that at once, without the person, so it also
/// shows whether the client is still there.
/// </param>
public sealed record InteractiveRound(string Name, string Instruction, IReadOnlyList<InteractivePrompt> Prompts);
