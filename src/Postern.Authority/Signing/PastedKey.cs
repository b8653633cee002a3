using System.Diagnostics.CodeAnalysis;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Authority.Signing;

/// <summary>What a person pasted as their public key, or sent as a file of that kind.</summary>
/// <param name="Key">The key.</param>
/// <param name="Comment">What stands behind it on the line; may be empty.</param>
public sealed record PastedKey(PublicKey Key, string Comment)
{
    private const int LongestFileName = 256;

    /// <summary>
    /// Reads one line of OpenSSH's form. False with a sentence that says what is wrong and what to do; it never repeats any
    /// of the text, which may be a secret.
    /// </summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out PastedKey? key, [NotNullWhen(false)] out string? fault)
    {
        key = null;
        text = text?.Trim() ?? "";
        fault = FindMistake(text);
        if (fault is not null)
        {
            return false;
        }

        try
        {
            var line = PublicKey.ParseAuthorizedKey(text);
            key = new PastedKey(line.Key, line.Comment);
            return true;
        }
        catch (WireFormatException exception)
        {
            fault = $"This is not a public key that can be used here: {exception.Message}.";
            return false;
        }
    }

    /// <summary>Whether the text is, or holds, a private key.</summary>
    public static bool IsPrivate(string? text) =>
        text is not null
        && (text.Contains("PRIVATE KEY", StringComparison.OrdinalIgnoreCase)
            || text.Contains("PuTTY-User-Key-File", StringComparison.OrdinalIgnoreCase)
            || text.Contains("Private-Lines:", StringComparison.OrdinalIgnoreCase)
            || text.Contains("b3BlbnNzaC1rZXktdjE", StringComparison.Ordinal)); // "openssh-key-v1", the body without its frame.

    private static string? FindMistake(string text)
    {
        if (text.Length == 0)
        {
            return "The key is missing; paste the contents of the .pub file.";
        }

        if (IsPrivate(text))
        {
            return "This is a private key, which must never leave your machine. It was not stored. Paste the contents of the .pub file; "
                + "if others may have seen the private key, make a new pair.";
        }

        if (text.Contains("BEGIN SSH2 PUBLIC KEY", StringComparison.Ordinal) || text.Contains("BEGIN PUBLIC KEY", StringComparison.Ordinal)
            || text.Contains("BEGIN RSA PUBLIC KEY", StringComparison.Ordinal))
        {
            return "This is a public key in another form; 'ssh-keygen -i -f FILE' prints it in the form that is needed here.";
        }

        if (text.Contains('\n', StringComparison.Ordinal))
        {
            return "This is more than one line; paste one key, on one line.";
        }

        if (text.StartsWith("SHA256:", StringComparison.Ordinal) || text.StartsWith("MD5:", StringComparison.Ordinal))
        {
            return "This is the fingerprint of a key; paste the contents of the .pub file.";
        }

        if (text.Contains("-cert-v01@openssh.com ", StringComparison.Ordinal))
        {
            return "This is a certificate; paste the contents of the .pub file without '-cert' in its name.";
        }

        return text.Length <= LongestFileName && !text.Contains(' ', StringComparison.Ordinal)
            && (text.EndsWith(".pub", StringComparison.Ordinal) || text.Contains("id_", StringComparison.Ordinal))
            ? "This is the name of a file; paste what is in it."
            : null;
    }
}
