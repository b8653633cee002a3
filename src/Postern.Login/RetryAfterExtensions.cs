using System.Globalization;

namespace Postern.Login;

/// <summary>Says when to come again.</summary>
internal static class RetryAfterExtensions
{
    /// <summary>Sets <c>Retry-After</c> in whole seconds, rounded up (RFC 9110 section 10.2.3).</summary>
    public static void RetryAfter(this HttpContext context, TimeSpan wait) =>
        context.Response.Headers.RetryAfter = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
