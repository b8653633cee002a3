namespace Postern.Targets.Services;

/// <summary>Finds the kind of a service by its type.</summary>
internal static class ServiceKinds
{
    /// <summary>The kind, or null when this target does not run services of that type.</summary>
    internal static IServiceKind? Find(string type) => type.Split(':')[0] switch
    {
        "postgresql" => new PostgreSqlKind(),
        "redis" => new RedisKind(),
        _ => null,
    };
}
