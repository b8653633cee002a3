using Postern.Authority;

namespace Postern.Server.Doctor;

/// <summary>Whether the keys of the certificate authorities can be read and opened.</summary>
internal static class AuthorityCheck
{
    /// <summary>Loads the keys; makes none.</summary>
    public static async Task<Finding> RunAsync(CertificateAuthority authority, CancellationToken cancellationToken)
    {
        const string Subject = "certificate authorities";
        try
        {
            await authority.ReloadAsync(cancellationToken);
        }
        catch (AuthorityKeyException exception)
        {
            return new Finding(FindingLevel.Fail, Subject, exception.Message, "the message says what to restore; until then nothing is signed with this key");
        }

        return authority.UnreadableKeys is { Count: > 0 } unreadable
            ? new Finding(
                FindingLevel.Warn,
                Subject,
                $"{string.Join(", ", unreadable)} cannot be read, so nothing that was signed with it is trusted",
                "restore the database from a backup, or end it for good with postern-server ca retire")
            : new Finding(FindingLevel.Ok, Subject, $"{authority.Keys.Count} keys can be read");
    }
}
