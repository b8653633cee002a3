namespace Postern.Contracts.Api;

/// <summary>The body of <c>PATCH /projects/{id}/user-access/{user}</c>. What else is in it does not count.</summary>
public sealed record UserAccessChange
{
    /// <summary>The roles from now on, as <see cref="UserAccess.Permissions"/> has them.</summary>
    public IReadOnlyList<string>? Permissions { get; set; }
}
