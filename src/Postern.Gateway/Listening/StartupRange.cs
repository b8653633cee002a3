namespace Postern.Gateway.Listening;

/// <summary>
/// How many connections may be waiting to authenticate, in the form of OpenSSH's MaxStartups: up to
/// <paramref name="Start"/> all are let in; from there a share of the new ones is dropped at random, which rises from
/// <paramref name="Rate"/> percent to all of them at <paramref name="Full"/>. Whoever fills the room with silent
/// connections then loses most of what it tries, and honest clients still get in at a second or third try.
/// </summary>
/// <param name="Start">Below this many nobody is dropped; at least 1.</param>
/// <param name="Rate">Percent dropped at that number, 1 to 100.</param>
/// <param name="Full">At this many everybody is dropped; not less than <paramref name="Start"/>.</param>
public sealed record StartupRange(int Start, int Rate, int Full)
{
    /// <summary>The most that <see cref="Full"/> may be: each takes a file descriptor and up to 128 KiB.</summary>
    public const int Maximum = 100_000;

    /// <summary>
    /// 200:30:600. A login takes a handful of round trips, so 200 at once are some 400 logins a second, which is what a
    /// small machine can do; 600 half-open connections keep less than 100 MB. OpenSSH's 10:30:100 is made for one machine's
    /// users, not for all those of a company.
    /// </summary>
    public static StartupRange Default { get; } = new(200, 30, 600);

    /// <summary>Reads <c>start:rate:full</c>, or one number, from which on everybody is dropped; null when it is neither.</summary>
    public static StartupRange? TryParse(string text)
    {
        var parts = text.Split(':');
        var numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }

        var range = numbers switch
        {
            [var full] => new StartupRange(full, 100, full),
            [var start, var rate, var full] => new StartupRange(start, rate, full),
            _ => null,
        };
        return range is { Start: >= 1, Rate: >= 1 and <= 100, Full: <= Maximum } && range.Start <= range.Full ? range : null;
    }

    /// <summary>The percent of new connections that is dropped when <paramref name="count"/> wait already.</summary>
    public int DropPercent(int count)
    {
        if (count < Start)
        {
            return 0;
        }

        return count >= Full ? 100 : Rate + (int)((long)(100 - Rate) * (count - Start) / (Full - Start));
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => $"{Start}:{Rate}:{Full}";
}
