using Postern.Directory.Organizations;

namespace Postern.Login.Pages;

/// <summary>Puts times into words for pages.</summary>
internal static class Wording
{
    private const int MinutesPerHour = 60;
    private const int HoursPerDay = 24;

    /// <summary>What a page says that asks for a password, to who signs in at a provider.</summary>
    public const string NoPasswordBySso = "You sign in at the provider of your organization, so a password counts for nothing here. Ask an administrator.";

    /// <summary>A duration in its largest whole unit, such as "30 days" or "1 hour".</summary>
    public static string Duration(TimeSpan time)
    {
        if (time.TotalHours >= HoursPerDay && time.Ticks % TimeSpan.TicksPerDay == 0)
        {
            return Count((long)time.TotalDays, "day");
        }

        return time.TotalMinutes >= MinutesPerHour && time.Ticks % TimeSpan.TicksPerHour == 0
            ? Count((long)time.TotalHours, "hour")
            : Count((long)Math.Ceiling(time.TotalMinutes), "minute");
    }

    /// <summary>How long to wait, rounded up.</summary>
    public static string Wait(TimeSpan time) => Math.Ceiling(time.TotalMinutes) switch
    {
        <= 1 => "a minute",
        <= 2 * MinutesPerHour => Count((long)Math.Ceiling(time.TotalMinutes), "minute"),
        _ => Count((long)Math.Ceiling(time.TotalHours), "hour"),
    };

    /// <summary>How long ago something was, roughly.</summary>
    public static string Ago(TimeSpan age) => age.TotalMinutes switch
    {
        < 1 => "just now",
        < MinutesPerHour => Count((long)age.TotalMinutes, "minute") + " ago",
        < MinutesPerHour * HoursPerDay => Count((long)age.TotalHours, "hour") + " ago",
        _ => Count((long)age.TotalDays, "day") + " ago",
    };

    /// <summary>A moment as people read it; there is no script to know their time zone, so it is UTC and says so.</summary>
    public static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("d MMM yyyy, HH:mm") + " UTC";

    /// <summary>When and from where something was last used, as a sentence.</summary>
    public static string LastUse(DateTimeOffset? at, string? address, DateTimeOffset now) =>
        at is { } time ? $"Last used {Ago(now - time)}{(address is null ? "" : $" from {address}")}." : "Never used.";

    /// <summary>An MD5 fingerprint with the colons that people are used to.</summary>
    public static string Md5(string hex) => string.Join(':', hex.Chunk(2).Select(pair => new string(pair)));

    /// <summary>What a user agent stands for: browser and system, or the text itself when neither is known.</summary>
    public static string Program(string userAgent)
    {
        var browser = First(userAgent, ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"));
        var system = First(userAgent, ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"));
        return browser is null ? userAgent : system is null ? browser : $"{browser} on {system}";
    }

    /// <summary>What a person is in an organization, with its article.</summary>
    public static string Role(OrganizationRole role) => role switch
    {
        OrganizationRole.Owner => "an owner",
        OrganizationRole.Admin => "an administrator",
        _ => "a member",
    };

    private static string Count(long number, string unit) => number == 1 ? $"1 {unit}" : $"{number} {unit}s";

    private static string? First(string text, params ReadOnlySpan<(string Mark, string Name)> choices)
    {
        foreach (var (mark, name) in choices)
        {
            if (text.Contains(mark, StringComparison.Ordinal))
            {
                return name;
            }
        }

        return null;
    }
}
