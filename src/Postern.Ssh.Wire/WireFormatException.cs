using System.Diagnostics.CodeAnalysis;

namespace Postern.Ssh.Wire;

/// <summary>
/// Bytes from outside do not have the form that their specification gives. The message names the field, what was
/// found and the limit; it holds no payload, so it is safe to log. Decoders throw this and nothing else.
/// </summary>
public sealed class WireFormatException : Exception
{
    /// <summary>Makes the exception with a one-sentence reason.</summary>
    public WireFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Throws; used by decoders in every room so that the throw stays out of the hot path.</summary>
    [DoesNotReturn]
    public static void Throw(string message) => throw new WireFormatException(message);

    /// <summary>Throws from an expression of type <typeparamref name="T"/>.</summary>
    [DoesNotReturn]
    public static T Throw<T>(string message) => throw new WireFormatException(message);
}
