using Microsoft.EntityFrameworkCore;
using Postern.Api.Accounts;
using Postern.Api.Answers;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;

namespace Postern.Api.Organizations;

/// <summary>The organization that a request is about, with what the caller is there.</summary>
internal sealed class OrganizationRequest
{
    private const string NamePrefix = "name=";

    private OrganizationRequest(OrganizationPlace place, Caller caller, string requestId)
    {
        Place = place;
        Caller = caller;
        Actor = new OrganizationActor(caller.UserId, caller.HasMfa, requestId);
    }

    public OrganizationPlace Place { get; }

    public string Id => Place.Organization.Id;

    public Caller Caller { get; }

    public OrganizationActor Actor { get; }

    public bool IsAdministrator => OrganizationRules.IsAdministrator(Place.Role);

    /// <summary>
    /// Finds the organization by id, or by name as <c>name=acme</c> (with the sign encoded or not), or the answer that says why
    /// not. Unknown and forbidden get the same answer.
    /// </summary>
    public static async Task<(OrganizationRequest? Request, IResult? Refusal)> OpenAsync(
        HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations)
    {
        var caller = Caller.Of(http);
        var name = id.StartsWith(NamePrefix, StringComparison.Ordinal) ? id[NamePrefix.Length..] : null;
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var reached = Acquaintances.OrganizationsOf(context, caller);
        var found = await context.Organizations.AsNoTracking()
            .Where(o => reached.Contains(o.Id) && (name != null ? o.Name == name : o.Id == id))
            .Select(o => o.Id).SingleOrDefaultAsync(http.RequestAborted);
        if (found is null || await organizations.FindPlaceAsync(caller.UserId, found, http.RequestAborted) is not { } place)
        {
            return (null, Answer.NotFound());
        }

        return place.Organization.RequiresMfa && !caller.HasMfa
            ? (null, Answer.StepUp(caller))
            : (new OrganizationRequest(place, caller, http.TraceIdentifier), null);
    }

    /// <summary>Why something was not done; null when it was.</summary>
    public IResult? Refuse(MembershipVerdict verdict) => verdict switch
    {
        MembershipVerdict.Allowed => null,
        MembershipVerdict.NotFound => Answer.NotFound(),
        MembershipVerdict.MfaRequired or MembershipVerdict.OwnMfaMissing => Answer.StepUp(Caller),
        MembershipVerdict.LastOwner => Answer.Conflict("An organization keeps at least one owner; make somebody else an owner first."),
        MembershipVerdict.NotForMachines => Answer.BadRequest("A machine user owns nothing."),
        MembershipVerdict.NameTaken => Answer.Conflict("There is a machine user of that name already."),
        MembershipVerdict.NameInvalid => Answer.BadRequest(
            $"'name' has 1 to {MachineUser.MaximumNameLength} lower-case letters, digits and single hyphens between them."),
        MembershipVerdict.TooMany => Answer.Conflict(
            $"An organization may have {MachineUser.MaximumPerOrganization} machine users; delete one that you do not use."),
        MembershipVerdict.NeedsOwner => Answer.Forbidden("Only an owner may change owners, or make somebody one."),
        _ => Answer.Forbidden("Only owners and administrators of the organization may do that."),
    };
}
