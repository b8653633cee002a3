using System.Globalization;
using Postern.Directory.Changes;
using Postern.Gateway.Routing;

namespace Postern.Gateway.Connections;

/// <summary>Whose connections some changes of the Directory can concern.</summary>
internal sealed class Concern
{
    private readonly HashSet<Guid> _people = [];
    private readonly HashSet<Guid> _sessions = [];
    private readonly HashSet<int> _keys = [];
    private readonly HashSet<string> _projects = [];

    private Concern()
    {
    }

    /// <summary>Reads it off the changes; null when they can concern anybody.</summary>
    public static Concern? Of(IEnumerable<Change> changes)
    {
        var concern = new Concern();
        return changes.All(concern.TryAdd) ? concern : null;
    }

    /// <summary>Whether a grant can be one that they concern.</summary>
    public bool Includes(Grant grant) =>
        _people.Contains(grant.Proof.Person.Id)
        || (grant.Proof.SessionId is { } session && _sessions.Contains(session))
        || (grant.Proof.PlainKey is { } key && _keys.Contains(key.Id))
        || _projects.Contains(grant.Environment.ProjectId);

    // A kind that is not named here is one of an organization, an authority, a token, or of a newer version.
    private bool TryAdd(Change change)
    {
        var parts = change.Subject.Split('/');
        return change.Kind switch
        {
            "user" or "authenticator_app" => TryAdd(_people, parts[0]),
            "organization_member" or "project_member" => parts.Length == 2 && TryAdd(_people, parts[1]),
            "session" => TryAdd(_sessions, parts[0]),
            "ssh_key" => int.TryParse(parts[0], CultureInfo.InvariantCulture, out var key) && (_keys.Add(key) || true),
            "project" or "environment" => _projects.Add(parts[0]) || true,
            _ => false,
        };
    }

    private static bool TryAdd(HashSet<Guid> ids, string text)
    {
        if (!Guid.TryParse(text, out var id))
        {
            return false;
        }

        ids.Add(id);
        return true;
    }
}
