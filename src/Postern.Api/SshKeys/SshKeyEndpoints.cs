using Postern.Api.Answers;
using Postern.Authority.Signing;
using Postern.Contracts.Api;
using Postern.Directory.People;
using Row = Postern.Directory.People.SshKey;
using SshKey = Postern.Contracts.Api.SshKey;

namespace Postern.Api.SshKeys;

/// <summary>The caller's registered public keys.</summary>
internal static class SshKeyEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        foreach (var prefix in new[] { "", "/v1" })
        {
            api.MapPost(prefix + "/ssh_keys", AddAsync).RequireRecentSignIn();
            api.MapGet(prefix + "/ssh_keys", ListAsync);
            api.MapGet(prefix + "/ssh_keys/{id:int}", ShowAsync);
            api.MapPatch(prefix + "/ssh_keys/{id:int}", RenameAsync);
            api.MapDelete(prefix + "/ssh_keys/{id:int}", RemoveAsync);
        }
    }

    private static async Task<IResult> AddAsync(HttpContext http, SshKeyRegistry registry, TimeProvider clock, ILogger<Row> logger)
    {
        var (wanted, fault) = await JsonBody.ReadAsync(
            http, ApiJsonContext.Default.SshKeyCreation, "{\"value\": \"ssh-ed25519 ...\", \"title\": \"laptop\"}");
        if (wanted is null)
        {
            return Answer.BadRequest(fault!);
        }

        var userId = Caller.Of(http).UserId;
        (var key, fault) = SshKeyReader.Read(wanted.Value, wanted.Title, userId, clock.GetUtcNow());
        if (key is null)
        {
            return Answer.BadRequest(fault!);
        }

        switch (await registry.AddAsync(key, http.TraceIdentifier, http.RequestAborted))
        {
            case SshKeyVerdict.Duplicate:
                return Answer.Conflict(SshKeyRegistry.DuplicateText);
            case SshKeyVerdict.TooMany:
                return Answer.BadRequest(SshKeyRegistry.TooManyText);
            default:
                logger.SshKeyAdded(userId, key.Sha256Fingerprint);
                return Answer.Created(SshKeyResource.Of(key), ApiJsonContext.Default.SshKey);
        }
    }

    private static async Task<IResult> ListAsync(HttpContext http, SshKeyRegistry registry)
    {
        IReadOnlyList<SshKey> keys = [.. (await registry.ListAsync(Caller.Of(http).UserId, http.RequestAborted)).Select(SshKeyResource.Of)];
        return Answer.Ok(keys, ApiJsonContext.Default.IReadOnlyListSshKey);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, int id, SshKeyRegistry registry) =>
        await registry.FindAsync(Caller.Of(http).UserId, id, http.RequestAborted) is { } key
            ? Answer.Ok(SshKeyResource.Of(key), ApiJsonContext.Default.SshKey)
            : Answer.NotFound();

    private static async Task<IResult> RenameAsync(HttpContext http, int id, SshKeyRegistry registry)
    {
        var (wanted, fault) = await JsonBody.ReadAsync(http, ApiJsonContext.Default.SshKeyChange, "{\"title\": \"laptop\"}");
        if (wanted is null)
        {
            return Answer.BadRequest(fault!);
        }

        if (wanted.Title is not { } title)
        {
            return await ShowAsync(http, id, registry);
        }

        if (title.Length > Row.MaximumTitleLength || PastedKey.IsPrivate(title))
        {
            return Answer.BadRequest($"'title' must have at most {Row.MaximumTitleLength} characters, and hold no key.");
        }

        return await registry.RenameAsync(Caller.Of(http).UserId, id, title, http.TraceIdentifier, http.RequestAborted) is { } key
            ? Answer.Ok(SshKeyResource.Of(key), ApiJsonContext.Default.SshKey)
            : Answer.NotFound();
    }

    private static async Task<IResult> RemoveAsync(HttpContext http, int id, SshKeyRegistry registry, ILogger<Row> logger)
    {
        if (await registry.RemoveAsync(Caller.Of(http).UserId, id, http.TraceIdentifier, http.RequestAborted) is not { } key)
        {
            return Answer.NotFound();
        }

        logger.SshKeyRemoved(key.UserId, key.Sha256Fingerprint);
        return Results.NoContent();
    }
}
