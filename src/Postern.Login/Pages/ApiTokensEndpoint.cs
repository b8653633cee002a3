using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/api-tokens</c>: a person's own tokens.</summary>
internal sealed class ApiTokensEndpoint(SignedIn signedIn, RecentProof recent, TokenPages tokenPages)
{
    public async Task ShowAsync(HttpContext context)
    {
        if (await signedIn.RequireAsync(context) is { } live)
        {
            await tokenPages.ShowAsync<ApiTokensPage>(context, OwnerOf(live));
        }
    }

    public async Task CreateAsync(HttpContext context)
    {
        if (await recent.RequireWithFormAsync(context, LoginPaths.ApiTokens) is var (live, form))
        {
            await tokenPages.CreateAsync<ApiTokensPage>(context, OwnerOf(live), live, form);
        }
    }

    public async Task DeleteAsync(HttpContext context, Guid id)
    {
        if (await signedIn.RequireWithFormAsync(context) is var (live, _))
        {
            await tokenPages.DeleteAsync(context, OwnerOf(live), live, id);
        }
    }

    private static TokenPageOwner OwnerOf(LiveSession live) => new(live.User.Id, LoginPaths.ApiTokens);
}
