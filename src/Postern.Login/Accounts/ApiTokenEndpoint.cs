using Postern.Contracts.Api;
using Postern.Directory.Organizations;
using Postern.Directory.Sessions;
using Postern.Login.Sessions;
using Postern.Login.Tokens;
using Row = Postern.Directory.Sessions.ApiToken;

namespace Postern.Login.Accounts;

/// <summary>
/// <c>/users/{id}/api-tokens</c>: one's own tokens, and those of the machines of an organization that one administers.
/// </summary>
internal sealed class ApiTokenEndpoint(ApiTokenService tokens, MachineUsers machines, RecentSignIn recent)
{
    public async Task ListAsync(HttpContext context, Guid id)
    {
        if (await MayAsync(context, id))
        {
            IReadOnlyList<Contracts.Api.ApiToken> list = [.. (await tokens.ListAsync(id, context.RequestAborted)).Select(row => Resource(row, null))];
            await WriteAsync(context, StatusCodes.Status200OK, list, ApiJsonContext.Default.IReadOnlyListApiToken);
        }
    }

    public async Task ShowAsync(HttpContext context, Guid id, Guid tokenId)
    {
        if (!await MayAsync(context, id))
        {
            return;
        }

        if (await tokens.FindAsync(id, tokenId, context.RequestAborted) is { } row)
        {
            await WriteAsync(context, StatusCodes.Status200OK, Resource(row, null), ApiJsonContext.Default.ApiToken);
        }
        else
        {
            await NotFoundAsync(context);
        }
    }

    public async Task CreateAsync(HttpContext context, Guid id)
    {
        if (!await MayAsync(context, id))
        {
            return;
        }

        // Or a token that is stolen for an hour would be one for ever.
        if (IsToken(context))
        {
            await Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "Forbidden", "An API token cannot make another; sign in to make one.");
            return;
        }

        // It outlives the session that makes it.
        if (!await recent.RequireAsync(context))
        {
            return;
        }

        if (await BoundedBody.ReadJsonAsync(context, ApiJsonContext.Default.ApiTokenCreation) is not { } wanted)
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status400BadRequest, "Bad request",
                "Send a JSON object {\"name\": \"...\"}, with \"expires_at\", \"project\" and \"read_only\" as you like.");
            return;
        }

        var claims = context.Features.Get<AccessTokenClaims>()!;
        try
        {
            var created = await tokens.CreateAsync(
                new NewApiToken
                {
                    UserId = id,
                    Name = wanted.Name,
                    ExpiresAt = wanted.ExpiresAt,
                    ProjectId = wanted.Project,
                    IsReadOnly = wanted.ReadOnly,
                    HasMfa = claims.HasMfa,
                    Actor = claims.UserId.ToString(),
                    RequestId = context.TraceIdentifier,
                },
                context.RequestAborted);
            await WriteAsync(context, StatusCodes.Status201Created, Resource(created.Token, created.Secret), ApiJsonContext.Default.ApiToken);
        }
        catch (ApiTokenRefusedException exception)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "Bad request", exception.Message);
        }
    }

    public async Task RevokeAsync(HttpContext context, Guid id, Guid tokenId)
    {
        if (!await MayAsync(context, id))
        {
            return;
        }

        var actor = context.Features.Get<AccessTokenClaims>()!.UserId.ToString();
        if (await tokens.RevokeAsync(id, tokenId, actor, context.TraceIdentifier, context.RequestAborted))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await NotFoundAsync(context);
        }
    }

    /// <summary>Whether the caller looks after this account's tokens; when not, the answer is written.</summary>
    private async Task<bool> MayAsync(HttpContext context, Guid userId)
    {
        var claims = context.Features.Get<AccessTokenClaims>()!;
        if (context.User.HasClaim(claim => claim.Type is TokenClaim.Project or TokenClaim.ReadOnly))
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status403Forbidden, "Forbidden", "This API token may do less than its account, and so sees no others.");
            return false;
        }

        if (claims.UserId == userId)
        {
            return true;
        }

        var verdict = await machines.MayManageAsync(
            new OrganizationActor(claims.UserId, claims.HasMfa, context.TraceIdentifier), userId, context.RequestAborted);
        switch (verdict)
        {
            case MembershipVerdict.Allowed:
                return true;
            case MembershipVerdict.MfaRequired:
                await Problem.WriteStepUpAsync(context, IsToken(context));
                return false;
            default:
                await NotFoundAsync(context);
                return false;
        }
    }

    private static bool IsToken(HttpContext context) => context.User.HasClaim(claim => claim.Type == TokenClaim.Id);

    private static Task NotFoundAsync(HttpContext context) => Problem.WriteAsync(
        context, StatusCodes.Status404NotFound, "Not Found", "There is no such thing, or you do not have access to it.");

    private static Task WriteAsync<T>(HttpContext context, int status, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(value, type, "application/json", context.RequestAborted);
    }

    private static Contracts.Api.ApiToken Resource(Row row, string? secret) => new()
    {
        Id = row.Id.ToString(),
        Name = row.Name,
        Token = secret,
        Prefix = row.Prefix,
        MfaOnCreation = row.HadMfaAtCreation,
        Project = row.ProjectId,
        ReadOnly = row.IsReadOnly,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.CreatedAt,
        ExpiresAt = row.ExpiresAt,
        LastUsedAt = row.LastUsedAt,
        LastUsedAddress = row.LastUsedAddress,
    };
}
