using Microsoft.Extensions.Logging;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Authority;

/// <summary>
/// Keeps the authority from signing what the operator's revocation list names. While the list cannot be read nothing is
/// signed, because it might name anybody. Safe on several threads at once.
/// </summary>
internal sealed class RevocationCheck(string? path, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>How often the file is looked at: as often as the gateway does.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private static readonly SigningOutcome.Refused Revoked = new(
        SigningRefusal.Revoked,
        "The operator's revocation list names this key or this account. Make a new key with: postern ssh-cert:load --new; if that is refused too, ask the operator of this server.");

    private static readonly SigningOutcome.Refused Unknown = new(
        SigningRefusal.RevocationUnknown,
        "The operator's revocation list cannot be read, so nothing is signed. Try again later, and tell the operator of this server.");

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly RevokedKeysReader? _reader = path is null ? null : new RevokedKeysReader(path, time);

    // Under _gate. The last good file, to know it again; what counts now; and when that was found out.
    private RevokedKeysFile? _known;
    private RevocationList? _current;
    private long? _readAt;
    private string? _fault;

    /// <summary>Why there may be no such certificate, or null.</summary>
    /// <param name="statement">What it would say.</param>
    /// <param name="authority">Whose it would be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<SigningOutcome.Refused?> FindAsync(CertificateStatement statement, PublicKey authority, CancellationToken cancellationToken)
    {
        if (_reader is null)
        {
            return null;
        }

        if (await ReadAsync(_reader, cancellationToken) is not { } list)
        {
            return Unknown;
        }

        return list.Find(statement.Key, authority, statement.Serial, statement.KeyId) == Revocation.None ? null : Revoked;
    }

    public void Dispose() => _gate.Dispose();

    private async Task<RevocationList?> ReadAsync(RevokedKeysReader reader, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_readAt is { } at && time.GetElapsedTime(at) < Interval)
            {
                return _current;
            }

            try
            {
                _known = await reader.ReadAsync(_known, cancellationToken);
                _current = _known.List;
                _fault = null;
            }
            catch (Exception exception) when (exception is TimeoutException or IOException or UnauthorizedAccessException or WireFormatException)
            {
                _current = null;
                if (_fault != exception.Message)
                {
                    _fault = exception.Message;
                    logger.RevocationListUnusable(path!, exception.Message);
                }
            }

            _readAt = time.GetTimestamp();
            return _current;
        }
        finally
        {
            _gate.Release();
        }
    }
}
