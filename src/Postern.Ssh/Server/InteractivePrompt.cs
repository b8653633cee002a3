namespace Postern.Ssh.Server;

/// <summary>One thing that a person is asked for (RFC 4256 section 3.2).</summary>
/// <param name="Text">The prompt, UTF-8 on the wire.</param>
/// <param name="IsEchoed">Whether what is typed may be seen.</param>
public readonly record struct InteractivePrompt(string Text, bool IsEchoed);
