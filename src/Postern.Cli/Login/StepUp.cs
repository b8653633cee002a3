using System.Globalization;
using System.Text.Json.Nodes;
using Postern.Cli.Configuration;

namespace Postern.Cli.Login;

/// <summary>A demand for a better or more recent sign-in.</summary>
/// <param name="Methods">Authentication methods, such as <c>mfa</c> or <c>sso:acme</c>.</param>
/// <param name="MaxAgeSeconds">The greatest age of the sign-in.</param>
internal sealed record StepUp(IReadOnlyList<string> Methods, long? MaxAgeSeconds)
{
    public static StepUp Read(JsonObject? parameters)
    {
        var methods = parameters?["amr"] is JsonArray array
            ? array.Select(m => m is JsonValue v && v.TryGetValue(out string? text) ? text : null).OfType<string>().ToList()
            : [];
        return new StepUp(methods, parameters?["max_age"] is JsonValue age && age.TryGetValue(out long seconds) ? seconds : null);
    }

    public string Summary => this switch
    {
        { Methods: ["mfa"] } => "Multi-factor authentication (MFA) is required.",
        { Methods: [var only] } when only.StartsWith("sso:", StringComparison.Ordinal) => "Single sign-on (SSO) is required.",
        { Methods.Count: 0, MaxAgeSeconds: not null } => "More recent authentication is required.",
        { Methods.Count: 0 } => "Authentication is required.",
        _ => "Re-authentication is required.",
    };

    /// <summary>The message with the command that mends it.</summary>
    public string Describe(VendorConfig config, bool isApiToken)
    {
        if (isApiToken && Methods is ["mfa"])
        {
            return Summary + "\nThe API token may need to be re-created after enabling MFA.";
        }

        var command = $"{config.Executable} login"
            + (Methods.Count > 0 ? " --method " + string.Join(',', Methods) : "")
            + (MaxAgeSeconds is { } age ? " --max-age " + age.ToString(CultureInfo.InvariantCulture) : "");
        return $"{Summary}\n\nPlease log in by running:\n    {command}";
    }

    /// <summary>True when a sign-in by these methods meets the demand; <c>sso:*</c> is met by any provider.</summary>
    public bool IsSatisfiedBy(IReadOnlyList<string> methods) => MaxAgeSeconds is null
        && Methods.All(wanted => wanted == "sso:*" ? methods.Any(m => m.StartsWith("sso:", StringComparison.Ordinal)) : methods.Contains(wanted, StringComparer.Ordinal));
}
