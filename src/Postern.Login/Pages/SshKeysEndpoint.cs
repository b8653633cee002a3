using Postern.Authority.Signing;
using Postern.Directory.People;
using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/ssh-keys</c>: the public keys of an account.</summary>
internal sealed class SshKeysEndpoint(SignedIn signedIn, RecentProof recent, SshKeyRegistry registry, PageWriter pages, TimeProvider clock)
{
    private const string Added = "added";
    private const string Deleted = "deleted";
    private const string Renamed = "renamed";

    public async Task ShowAsync(HttpContext context)
    {
        if (await signedIn.RequireAsync(context) is { } live)
        {
            await ShowAsync(context, StatusCodes.Status200OK, live, null, "");
        }
    }

    public async Task AddAsync(HttpContext context)
    {
        if (await recent.RequireWithFormAsync(context, LoginPaths.SshKeys) is not var (live, form))
        {
            return;
        }

        var title = form[FormFields.Title].ToString();
        if (!PastedKey.TryRead(form[FormFields.Key], out var pasted, out var fault))
        {
            await ShowAsync(context, StatusCodes.Status422UnprocessableEntity, live, fault, title);
            return;
        }

        var key = new SshKey
        {
            UserId = live.User.Id,
            Title = SshKey.TitleFor(title, pasted.Comment, pasted.Key.Sha256Fingerprint),
            Type = pasted.Key.Type,
            Blob = pasted.Key.Blob.ToArray(),
            Sha256Fingerprint = pasted.Key.Sha256Fingerprint,
            Md5Fingerprint = pasted.Key.Md5Fingerprint,
            CreatedAt = clock.GetUtcNow(),
        };
        switch (await registry.AddAsync(key, context.TraceIdentifier, context.RequestAborted))
        {
            case SshKeyVerdict.Added:
                context.SeeOther(LoginPaths.SshKeys + "?done=" + Added);
                break;
            case SshKeyVerdict.Duplicate:
                await ShowAsync(
                    context, StatusCodes.Status409Conflict, live,
                    $"{SshKeyRegistry.DuplicateText}: it is registered already. A key belongs to one account; make a new pair with ssh-keygen.", title);
                break;
            default:
                await ShowAsync(context, StatusCodes.Status422UnprocessableEntity, live, SshKeyRegistry.TooManyText, title);
                break;
        }
    }

    public async Task RenameAsync(HttpContext context, int id)
    {
        if (await signedIn.RequireWithFormAsync(context) is not var (live, form))
        {
            return;
        }

        var title = form[FormFields.Title].ToString();
        if (PastedKey.IsPrivate(title))
        {
            await ShowAsync(context, StatusCodes.Status422UnprocessableEntity, live, "A name holds no key.", "");
            return;
        }

        // A key that is gone has no name to change, which the list then shows.
        await registry.RenameAsync(live.User.Id, id, title, context.TraceIdentifier, context.RequestAborted);
        context.SeeOther(LoginPaths.SshKeys + "?done=" + Renamed);
    }

    public async Task DeleteAsync(HttpContext context, int id)
    {
        if (await signedIn.RequireWithFormAsync(context) is var (live, _))
        {
            // Deleting what is gone already is what the person wanted.
            await registry.RemoveAsync(live.User.Id, id, context.TraceIdentifier, context.RequestAborted);
            context.SeeOther(LoginPaths.SshKeys + "?done=" + Deleted);
        }
    }

    private async Task ShowAsync(HttpContext context, int status, LiveSession live, string? error, string title) =>
        await pages.WriteAsync<SshKeysPage>(context, status, new SshKeysModel
        {
            Keys = await registry.ListAsync(live.User.Id, context.RequestAborted),
            Now = clock.GetUtcNow(),
            Title = title.Length <= SshKey.MaximumTitleLength && !PastedKey.IsPrivate(title) ? title : "",
            Error = error,
            Notice = context.Request.Query["done"].ToString() switch
            {
                Added => "The key is added. It works at once.",
                Deleted => "The key is deleted.",
                Renamed => "The key has its new name.",
                _ => RecentProof.NoticeOf(context),
            },
        });
}
