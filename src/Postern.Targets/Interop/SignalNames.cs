namespace Postern.Targets.Interop;

/// <summary>The signals of RFC 4254 section 6.10 and the kernel's numbers for them.</summary>
internal static class SignalNames
{
    internal const int HangUp = 1;
    internal const int Interrupt = 2;
    internal const int Kill = 9;
    internal const int Terminate = 15;

    private static readonly Dictionary<string, int> Numbers = new(StringComparer.Ordinal)
    {
        ["HUP"] = HangUp,
        ["INT"] = Interrupt,
        ["QUIT"] = 3,
        ["ILL"] = 4,
        ["ABRT"] = 6,
        ["FPE"] = 8,
        ["KILL"] = Kill,
        ["USR1"] = 10,
        ["SEGV"] = 11,
        ["USR2"] = 12,
        ["PIPE"] = 13,
        ["ALRM"] = 14,
        ["TERM"] = Terminate,
    };

    /// <summary>The number of a signal, or null when the RFC does not name it.</summary>
    internal static int? FindNumber(string name) => Numbers.TryGetValue(name, out int number) ? number : null;

    /// <summary>The name of a signal; one that the RFC does not name gets the form that it leaves for that.</summary>
    internal static string GetName(int number)
    {
        foreach ((string name, int known) in Numbers)
        {
            if (known == number)
            {
                return name;
            }
        }

        return $"{number}@postern";
    }
}
