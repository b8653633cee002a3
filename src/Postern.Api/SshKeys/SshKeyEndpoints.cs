using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Contracts.Api;
using Postern.Directory.Storage;
using Row = Postern.Directory.People.SshKey;

namespace Postern.Api.SshKeys;

/// <summary>The caller's registered public keys.</summary>
internal static class SshKeyEndpoints
{
    /// <summary>The text that clients look for, whoever the key belongs to.</summary>
    private const string Duplicate = "SSH key can not be duplicated";

    /// <summary>Largest body in bytes: the longest RSA key there is, in base64 in JSON, with room to spare.</summary>
    private const int MaximumBody = 64 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        foreach (var prefix in new[] { "", "/v1" })
        {
            api.MapPost(prefix + "/ssh_keys", AddAsync);
            api.MapGet(prefix + "/ssh_keys/{id:int}", ShowAsync);
            api.MapDelete(prefix + "/ssh_keys/{id:int}", RemoveAsync);
        }
    }

    private static async Task<IResult> AddAsync(
        HttpContext http, IDbContextFactory<DirectoryContext> contexts, TimeProvider clock, ILogger<Row> logger)
    {
        var (wanted, fault) = await ReadBodyAsync(http);
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

        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        await using var transaction = await context.Database.BeginTransactionAsync(http.RequestAborted);

        // Touching the account's row makes two requests of one person wait for each other, so that the count holds.
        await context.Users.Where(u => u.Id == userId)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.UpdatedAt, clock.GetUtcNow()), http.RequestAborted);
        if (await context.SshKeys.AnyAsync(k => k.Blob == key.Blob, http.RequestAborted))
        {
            return Answer.Conflict(Duplicate);
        }

        if (await context.SshKeys.CountAsync(k => k.UserId == userId, http.RequestAborted) >= Row.MaximumPerUser)
        {
            return Answer.BadRequest($"An account may have {Row.MaximumPerUser} SSH keys; delete one that you do not use.");
        }

        context.Add(key);
        try
        {
            await context.SaveChangesAsync(http.RequestAborted);
        }
        catch (DbUpdateException)
        {
            await transaction.RollbackAsync(http.RequestAborted);
            if (!await context.SshKeys.AnyAsync(k => k.Blob == key.Blob, http.RequestAborted))
            {
                throw;
            }

            // Somebody else registered the same key between the question and the answer.
            return Answer.Conflict(Duplicate);
        }

        await transaction.CommitAsync(http.RequestAborted);
        logger.SshKeyAdded(userId, key.Sha256Fingerprint);
        return Answer.Created(SshKeyResource.Of(key), ApiJsonContext.Default.SshKey);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, int id, IDbContextFactory<DirectoryContext> contexts)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var key = await FindAsync(http, context, id);
        return key is null ? Answer.NotFound() : Answer.Ok(SshKeyResource.Of(key), ApiJsonContext.Default.SshKey);
    }

    private static async Task<IResult> RemoveAsync(
        HttpContext http, int id, IDbContextFactory<DirectoryContext> contexts, ILogger<Row> logger)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        if (await FindAsync(http, context, id) is not { } key)
        {
            return Answer.NotFound();
        }

        context.Remove(key);
        try
        {
            await context.SaveChangesAsync(http.RequestAborted);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Answer.NotFound();
        }

        logger.SshKeyRemoved(key.UserId, key.Sha256Fingerprint);
        return Results.NoContent();
    }

    private static Task<Row?> FindAsync(HttpContext http, DirectoryContext context, int id)
    {
        var userId = Caller.Of(http).UserId;
        return context.SshKeys.SingleOrDefaultAsync(k => k.Id == id && k.UserId == userId, http.RequestAborted);
    }

    private static async Task<(SshKeyCreation? Wanted, string? Fault)> ReadBodyAsync(HttpContext http)
    {
        var buffer = new byte[MaximumBody + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, http.RequestAborted);
        if (length > MaximumBody)
        {
            return (null, $"The request is larger than {MaximumBody} bytes.");
        }

        try
        {
            var wanted = JsonSerializer.Deserialize(buffer.AsSpan(0, length), ApiJsonContext.Default.SshKeyCreation);
            return wanted is null ? (null, "The request is empty; send {\"value\": \"ssh-ed25519 ...\"}.") : (wanted, null);
        }
        catch (JsonException)
        {
            return (null, "The request is not the JSON that is expected: {\"value\": \"ssh-ed25519 ...\", \"title\": \"laptop\"}.");
        }
    }
}
