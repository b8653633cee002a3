using Postern.Authority;
using Postern.Directory.Approvals;
using Postern.Directory.Certificates;
using Postern.Directory.Routing;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;
using Postern.Gateway.Authentication;
using Postern.Gateway.Refusals;

namespace Postern.Gateway.Routing;

/// <summary>
/// Decides whether somebody may enter an app, from the state of this moment: asked at connect, and again whenever the
/// Directory says that something changed.
/// </summary>
public sealed class GrantDecider(
    GatewayDirectory directory, SshApprovals approvals, CertificateLedger ledger, CertificateAuthority authority, RevokedKeys revoked)
{
    private const string ListCommands = "postern projects and postern environments list what you can reach";

    /// <summary>Decides for a proved person and the user name of their connection.</summary>
    public async Task<GrantDecision> DecideAsync(Proof proof, string service, CancellationToken cancellationToken) =>
        await DecideAsync(proof, service, await directory.ObserveAsync(cancellationToken), cancellationToken);

    /// <summary>Decides by the state of a moment, which the caller has just observed.</summary>
    internal async ValueTask<GrantDecision> DecideAsync(
        Proof proof, string service, Moment moment, CancellationToken cancellationToken)
    {
        var (obstacle, shown, token) = await CheckProofAsync(proof, moment, cancellationToken);
        if (obstacle is not null)
        {
            return new GrantDecision(null, obstacle);
        }

        // Access first: who has no role there causes no more work for an environment that exists than for one that does not.
        if (!SshUserName.TryParse(service, out var name)
            || await directory.FindAccessAsync(proof.Person.Id, name.ProjectId, moment, cancellationToken) is not { } all
            || (token?.Limit(all) ?? all) is not { } access
            || AccessRules.DecideProject(access, shown).Reason == AccessReason.NoRole
            || await directory.FindRouteAsync(name.ProjectId, name.MachineName, moment, cancellationToken) is not { } route)
        {
            return GrantDecision.No(RefusalCode.NoSuchService, ListCommands);
        }

        // Of this organization and no other: the same key may need one of its own elsewhere.
        var missing = access.RequiresMfa && !shown.HasMfa ? proof.PlainKey?.ScopeIn(proof.Person.Id, access.OrganizationId) : null;
        if (missing is not null && await approvals.FindAsync(missing, moment, cancellationToken) is not null)
        {
            shown = shown with { HasMfa = true };
        }

        var app = route.Deployment?.Apps.FirstOrDefault(a => a.QualifiedName == name.QualifiedApp);
        var leastRole = app is not null ? SshAccess.LeastRole(app.SshAccess) : AccessRules.DefaultSshRole;
        var decision = AccessRules.Decide(AccessAction.Ssh, access, route.Facts, shown, leastRole);
        if (!decision.IsAllowed)
        {
            return decision.Reason switch
            {
                AccessReason.SsoRequired => RefuseWithoutSso(access, shown, token is not null),
                AccessReason.MfaRequired => Refuse(decision.Reason, route.EnvironmentName, token is not null) with { Missing = missing },
                var reason => Refuse(reason, route.EnvironmentName, token is not null),
            };
        }

        // A certificate from before the organization asked for this is not tied to any address.
        if (access.PinsSourceAddress && proof.Certificate is { IsAddressPinned: false })
        {
            return GrantDecision.No(RefusalCode.AddressNotAllowed, "Run: postern ssh-cert:load --new");
        }

        if (app is null)
        {
            return GrantDecision.No(
                RefusalCode.NoSuchService, $"postern apps -p {name.ProjectId} -e {route.EnvironmentName} lists the apps");
        }

        return name.Instance < app.InstanceCount
            ? GrantDecision.Yes(new Grant(proof, service, route.Deployment!, app, name.Instance))
            : GrantDecision.No(RefusalCode.NoSuchInstance, $"Available instances: {string.Join(", ", Enumerable.Range(0, app.InstanceCount))}");
    }

    /// <summary>Whether the proof still stands: certificate, session, key and account.</summary>
    private async ValueTask<(Refusal? Obstacle, SignInProof Shown, TokenScope? Token)> CheckProofAsync(
        Proof proof, Moment moment, CancellationToken cancellationToken)
    {
        if (revoked.RefuseToStay(proof) is { } refusal)
        {
            return (refusal, SignInProof.None, null);
        }

        if (proof.Certificate is { } certificate)
        {
            if (!authority.TrustedUserAuthorities.Contains(certificate.Authority))
            {
                return (new Refusal(RefusalCode.CertificateNotTrusted, "Run: postern ssh-cert:load --new"), SignInProof.None, null);
            }

            if (await ledger.FindAsync(certificate.Serial, moment, cancellationToken) is not { RevokedAt: null })
            {
                return (SessionEnded, SignInProof.None, null);
            }
        }

        if (proof.SessionId is { } sessionId)
        {
            var session = await directory.FindSessionAsync(sessionId, moment, cancellationToken);
            return session switch
            {
                { Person.IsDisabled: true } => (Disabled, SignInProof.None, null),
                { IsValid: true } => (null, session.Proof, session.Token),
                _ => (SessionEnded, SignInProof.None, null),
            };
        }

        var owner = await directory.FindSshKeyOwnerAsync(proof.PlainKey!.Blob, moment, cancellationToken);
        return owner switch
        {
            null => (new Refusal(RefusalCode.SessionEnded, "Run: postern login, or add the key to your account again"), SignInProof.None, null),
            { Person.IsDisabled: true } => (Disabled, SignInProof.None, null),
            _ => (owner.Person.Id == proof.Person.Id ? null : Disabled, SignInProof.None, null),
        };
    }

    private static Refusal SessionEnded => new(RefusalCode.SessionEnded, "Run: postern login");

    private static Refusal Disabled => new(RefusalCode.AccountDisabled, "Ask the owner of your organization");

    private static GrantDecision RefuseWithoutSso(ProjectAccess access, SignInProof shown, bool isToken) => new(
        null,
        new Refusal(
            RefusalCode.SsoRequired,
            isToken
                ? "Use an API token of a machine user; tokens of people do not sign in at a provider"
                : $"Run: postern login --method {string.Join(',', AccessRules.MissingMethods(access, shown))}")
        {
            Missing = AccessRules.MissingMethods(access, shown),
        });

    private static GrantDecision Refuse(AccessReason reason, string environment, bool isToken) => reason switch
    {
        AccessReason.UserDisabled => new GrantDecision(null, Disabled),
        AccessReason.NoRole => GrantDecision.No(RefusalCode.NoSuchService, ListCommands),
        AccessReason.MfaRequired => GrantDecision.No(
            RefusalCode.MfaRequired,
            isToken
                ? "The API token may need to be re-created after enabling MFA"
                : "Set up multi-factor authentication in your account, then run: postern login -f"),
        AccessReason.Suspended => GrantDecision.No(RefusalCode.ProjectSuspended, "Ask the owner of the organization"),
        AccessReason.RoleTooLow => GrantDecision.No(
            RefusalCode.RoleTooLow, "Ask a project administrator for a role with SSH on this type of environment"),
        _ => GrantDecision.No(RefusalCode.EnvironmentNotActive, $"Activate or deploy the environment {environment} first"),
    };
}
