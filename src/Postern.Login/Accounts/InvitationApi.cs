using System.Text.Json.Serialization.Metadata;
using Postern.Contracts.Api;
using Postern.Directory.Organizations;
using Postern.Directory.Sessions;
using Postern.Login.Sessions;
using Postern.Login.Tokens;

namespace Postern.Login.Accounts;

/// <summary><c>/organizations/{id}/invitations</c>: what owners and administrators do on the members page, for programs.</summary>
internal sealed class InvitationApi(InvitationService invitations, OrganizationReader organizations, RecentSignIn recent, AccountBuilder builder, TimeProvider clock)
{
    public async Task ListAsync(HttpContext context, string id)
    {
        if (await OpenAsync(context, id) is not { } actor)
        {
            return;
        }

        IReadOnlyList<OrganizationInvitation> list =
            [.. (await invitations.ListAsync(actor, id, context.RequestAborted)).Select(invitation => Resource(invitation, null))];
        await WriteAsync(context, StatusCodes.Status200OK, list, ApiJsonContext.Default.IReadOnlyListOrganizationInvitation);
    }

    public async Task InviteAsync(HttpContext context, string id)
    {
        if (await OpenAsync(context, id) is not { } actor || !await recent.RequireAsync(context))
        {
            return;
        }

        if (await BoundedBody.ReadJsonAsync(context, ApiJsonContext.Default.OrganizationInvitationCreation) is not { } wanted
            || ReadRole(wanted.Permissions) is not { } role)
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status400BadRequest, "Bad request",
                "Send a JSON object {\"email\": \"...\", \"permissions\": [\"member\"]}, with exactly one of \"owner\", \"admin\" and \"member\".");
            return;
        }

        // Existing clients expect to be told; the pages send again, which is what a person means there.
        var name = builder.Normalize(wanted.Email.Trim());
        if (!wanted.Force
            && (await invitations.ListAsync(actor, id, context.RequestAborted)).Any(i => i.NormalizedEmail == name && i.IsOpen(clock.GetUtcNow())))
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status409Conflict, "Conflict", "An invitation is open for this address; send \"force\": true to send it again.");
            return;
        }

        var result = await invitations.InviteAsync(actor, id, wanted.Email, role, context.RequestAborted);
        if (result.IsDone)
        {
            await WriteAsync(
                context, StatusCodes.Status201Created, Resource(result.Invitation!, result.Link), ApiJsonContext.Default.OrganizationInvitation);
            return;
        }

        await RefuseAsync(context, result);
    }

    public async Task RevokeAsync(HttpContext context, string id, Guid invitationId)
    {
        if (await OpenAsync(context, id) is not { } actor)
        {
            return;
        }

        var result = await invitations.RevokeAsync(actor, id, invitationId, context.RequestAborted);
        if (result.IsDone)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else if (result.IsForbidden)
        {
            await RefuseAsync(context, result);
        }
        else
        {
            await NotFoundAsync(context);
        }
    }

    /// <summary>Who asks, when they look after the organization; else the answer is written.</summary>
    private async Task<Guid?> OpenAsync(HttpContext context, string id)
    {
        var claims = context.Features.Get<AccessTokenClaims>()!;
        if (context.User.HasClaim(claim => claim.Type is TokenClaim.Project or TokenClaim.ReadOnly))
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status403Forbidden, "Forbidden", "This API token may do less than its account, and so invites nobody.");
            return null;
        }

        if (await organizations.FindPlaceAsync(claims.UserId, id, context.RequestAborted) is not { } place)
        {
            await NotFoundAsync(context);
            return null;
        }

        if (place.Organization.RequiresMfa && !claims.HasMfa)
        {
            await Problem.WriteStepUpAsync(context, context.User.HasClaim(claim => claim.Type == TokenClaim.Id));
            return null;
        }

        if (!OrganizationRules.IsAdministrator(place.Role))
        {
            await RefuseAsync(context, InvitationResult.Forbidden);
            return null;
        }

        return claims.UserId;
    }

    private static Task RefuseAsync(HttpContext context, InvitationResult result) => Problem.WriteAsync(
        context,
        result.IsForbidden ? StatusCodes.Status403Forbidden : StatusCodes.Status400BadRequest,
        result.IsForbidden ? "Forbidden" : "Bad request",
        string.Join(' ', result.Faults));

    private static Task NotFoundAsync(HttpContext context) => Problem.WriteAsync(
        context, StatusCodes.Status404NotFound, "Not Found", "There is no such thing, or you do not have access to it.");

    private OrganizationInvitation Resource(Invitation invitation, string? link) => new()
    {
        Id = invitation.Id.ToString(),
        OrganizationId = invitation.OrganizationId,
        Email = invitation.Email,
        Permissions = [invitation.Role.ToString().ToLowerInvariant()],
        State = invitation.IsOpen(clock.GetUtcNow()) ? "pending" : "expired",
        CreatedAt = invitation.CreatedAt,
        UpdatedAt = invitation.SentAt,
        ExpiresAt = invitation.ExpiresAt,
        Link = link,
    };

    private static OrganizationRole? ReadRole(IReadOnlyList<string>? permissions) => permissions switch
    {
        ["owner"] => OrganizationRole.Owner,
        ["admin"] => OrganizationRole.Admin,
        ["member"] => OrganizationRole.Member,
        _ => null,
    };

    private static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(value, type, "application/json", context.RequestAborted);
    }
}
