using System.Globalization;
using Microsoft.AspNetCore.Components;
using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary>Shows, makes and deletes API tokens, on the page of a person and on that of a machine alike.</summary>
internal sealed class TokenPages(ApiTokenService tokens, PageWriter pages, TimeProvider clock)
{
    private const string Deleted = "deleted";

    /// <summary>Shows the page of an account's tokens.</summary>
    public Task ShowAsync<TPage>(HttpContext context, TokenPageOwner owner)
        where TPage : IComponent => WriteAsync<TPage>(context, StatusCodes.Status200OK, owner, null, "", null);

    /// <summary>Makes the token of the form. The answer to the form shows it, for no address may.</summary>
    public async Task CreateAsync<TPage>(HttpContext context, TokenPageOwner owner, LiveSession live, IFormCollection form)
        where TPage : IComponent
    {
        var name = form[FormFields.Name].ToString();
        var (lifetime, isKnown) = ReadLifetime(form[FormFields.Days].ToString());
        if (!isKnown)
        {
            await WriteAsync<TPage>(context, StatusCodes.Status422UnprocessableEntity, owner, null, name, "Choose when the token expires.");
            return;
        }

        try
        {
            var created = await tokens.CreateAsync(
                new NewApiToken
                {
                    UserId = owner.UserId,
                    Name = name,
                    ExpiresAt = clock.GetUtcNow() + lifetime,
                    ProjectId = form[FormFields.Project].ToString() is { Length: > 0 } projectId ? projectId : null,

                    // Whatever is not exactly the wider choice is the narrower one.
                    IsReadOnly = form[FormFields.Access] != FormFields.FullAccess,
                    HasMfa = live.Session.HasMfa,
                    Actor = live.User.Id.ToString(),
                    RequestId = context.TraceIdentifier,
                },
                context.RequestAborted);
            await WriteAsync<TPage>(context, StatusCodes.Status200OK, owner, created, "", null);
        }
        catch (ApiTokenRefusedException exception)
        {
            await WriteAsync<TPage>(context, StatusCodes.Status422UnprocessableEntity, owner, null, name, exception.Message);
        }
    }

    /// <summary>Deletes a token of the account.</summary>
    public async Task DeleteAsync(HttpContext context, TokenPageOwner owner, LiveSession live, Guid id)
    {
        // Deleting what is gone already is what the person wanted.
        await tokens.RevokeAsync(owner.UserId, id, live.User.Id.ToString(), context.TraceIdentifier, context.RequestAborted);
        context.SeeOther(owner.Path + "?done=" + Deleted);
    }

    private async Task WriteAsync<TPage>(
        HttpContext context, int status, TokenPageOwner owner, CreatedApiToken? created, string name, string? error)
        where TPage : IComponent =>
        await pages.WriteAsync<TPage>(context, status, new ApiTokensModel
        {
            Machine = owner.Machine,
            Organization = owner.Organization,
            Path = owner.Path,
            Tokens = await tokens.ListAsync(owner.UserId, context.RequestAborted),
            Projects = await tokens.ListProjectsAsync(owner.UserId, context.RequestAborted),
            Now = clock.GetUtcNow(),
            Name = name.Length <= NewApiToken.LongestName ? name : "",
            Created = created,
            Error = error,
            Notice = context.Request.Query["done"] == Deleted ? "The token is deleted." : RecentProof.NoticeOf(context),
        });

    private static (TimeSpan? Lifetime, bool IsKnown) ReadLifetime(string days) => days switch
    {
        "" => (null, true),
        "30" or "90" or "365" => (TimeSpan.FromDays(int.Parse(days, NumberStyles.None, CultureInfo.InvariantCulture)), true),
        _ => (null, false),
    };
}
