using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Directory.Certificates;
using Postern.Directory.Routing;
using Postern.Gateway.Listening;
using Postern.Gateway.Refusals;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Gateway.Authentication;

/// <summary>Finds out who a proved key or certificate belongs to, from the state of this moment.</summary>
public sealed class Identifier(
    CertificateAuthority authority,
    GatewayDirectory directory,
    CertificateLedger ledger,
    RevokedKeys revoked,
    TimeProvider time,
    ILogger<Identifier> logger)
{
    // Options of certificates that are enforced here: the command by the session's target, verification by the engine before
    // anybody is asked. Every other critical option refuses the certificate.
    private static readonly string[] EnforcedOptions =
        [CertificatePolicy.SourceAddressOption, CertificatePolicy.ForceCommandOption, CertificatePolicy.VerifyRequiredOption];

    private static readonly Refusal Expired = new(
        RefusalCode.CertificateExpired, "Run: postern ssh-cert:load (and check this machine's clock)");

    private static readonly Refusal NotTrusted = new(RefusalCode.CertificateNotTrusted, "Run: postern ssh-cert:load --new");

    private static readonly Refusal SessionEnded = new(RefusalCode.SessionEnded, "Run: postern login");

    private static readonly Refusal AddressNotAllowed = new(
        RefusalCode.AddressNotAllowed, "Run: postern ssh-cert:load --new on this network");

    /// <summary>Whether a signature by this key would be worth making; says nothing about the user name.</summary>
    public async ValueTask<bool> IsWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        if (attempt.Certificate is { } certificate)
        {
            return authority.TrustedUserAuthorities.Contains(certificate.SignatureKey);
        }

        // The engine asks under its own lock, and SQLite works before it returns a task: the login grace must run on.
        await Task.Yield();
        return await directory.FindSshKeyOwnerAsync(attempt.Key.Blob, Moment.Now, cancellationToken) is not null;
    }

    /// <summary>Identifies the owner of a key whose signature was verified.</summary>
    internal ValueTask<Identification> IdentifyAsync(PublicKeyAttempt attempt, Moment moment, CancellationToken cancellationToken) =>
        attempt.Certificate is { } certificate
            ? IdentifyByCertificateAsync(attempt, certificate, moment, cancellationToken)
            : IdentifyByKeyAsync(attempt, moment, cancellationToken);

    private async ValueTask<Identification> IdentifyByKeyAsync(
        PublicKeyAttempt attempt, Moment moment, CancellationToken cancellationToken)
    {
        if (await directory.FindSshKeyOwnerAsync(attempt.Key.Blob, moment, cancellationToken) is not { } owner)
        {
            return new Identification.Unknown();
        }

        if (revoked.RefuseNewcomer(attempt) is { } refusal)
        {
            logger.KeyRefused(attempt.Connection.Id, attempt.Key.Sha256Fingerprint, refusal.Code);
            return new Identification.Unusable(refusal);
        }

        await directory.RecordKeyUseAsync(owner.KeyId, attempt.Connection.RemoteEndPoint.Address.ToString(), cancellationToken);
        var endPoint = attempt.Connection.RemoteEndPoint;
        return new Identification.Known(new Proof(owner.Person, null, attempt.Key, $"key {owner.Fingerprint}", null)
        {
            PlainKey = new RegisteredKey(
                owner.KeyId, attempt.Key.Blob, endPoint.Port == 0 ? null : ClientSource.Of(endPoint.Address).ToString()),
        });
    }

    private async ValueTask<Identification> IdentifyByCertificateAsync(
        PublicKeyAttempt attempt, Certificate certificate, Moment moment, CancellationToken cancellationToken)
    {
        var connection = attempt.Connection;
        var decision = CertificatePolicy.Decide(certificate, new CertificateUse
        {
            TrustedAuthorities = authority.TrustedUserAuthorities,
            Type = CertificateType.User,
            Now = time.GetUtcNow(),

            // Our certificates name exactly their owner, who is also the key id.
            Principal = certificate.KeyId,
            SourceAddress = connection.RemoteEndPoint.Port == 0 ? null : connection.RemoteEndPoint.Address,
            EnforcedCriticalOptions = EnforcedOptions,
        });
        if (!decision.IsAccepted)
        {
            logger.CertificateRefused(connection.Id, decision.Reason);
            return decision.Refusal switch
            {
                CertificateRefusal.Expired or CertificateRefusal.NotYetValid => new Identification.Unusable(Expired),
                CertificateRefusal.SourceAddressMismatch => new Identification.Unusable(AddressNotAllowed),
                CertificateRefusal.Untrusted => new Identification.Unknown(),
                _ => new Identification.Unusable(NotTrusted),
            };
        }

        if (revoked.RefuseNewcomer(attempt) is { } refusal)
        {
            logger.KeyRefused(connection.Id, certificate.Key.Sha256Fingerprint, refusal.Code);
            return new Identification.Unusable(refusal);
        }

        // Every certificate is recorded before it is handed out, so one without a record was not made by this deployment.
        if (certificate.Serial > long.MaxValue || !Guid.TryParseExact(certificate.KeyId, "D", out var userId))
        {
            return new Identification.Unusable(NotTrusted);
        }

        var serial = (long)certificate.Serial;
        var issued = await ledger.FindAsync(serial, moment, cancellationToken);
        if (issued is null || issued.UserId != userId || issued.KeyFingerprint != certificate.Key.Sha256Fingerprint)
        {
            logger.CertificateRefused(connection.Id, "there is no record of it");
            return new Identification.Unusable(NotTrusted);
        }

        if (issued.RevokedAt is not null
            || await directory.FindSessionAsync(issued.SessionId, moment, cancellationToken) is not { } session)
        {
            return new Identification.Unusable(SessionEnded);
        }

        if (session.Person.Id != userId)
        {
            logger.CertificateRefused(connection.Id, "its session is another person's");
            return new Identification.Unusable(NotTrusted);
        }

        return new Identification.Known(
            new Proof(
                session.Person,
                session.Id,
                certificate.Key,
                $"certificate {serial}",
                new CertificateProof(
                    serial,
                    certificate.KeyId,
                    certificate.SignatureKey,
                    certificate.FindCriticalOption(CertificatePolicy.SourceAddressOption) is not null,
                    certificate.FindCriticalOption(CertificatePolicy.ForceCommandOption),
                    certificate.Permissions)));
    }
}
