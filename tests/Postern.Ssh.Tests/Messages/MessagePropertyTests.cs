using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using Postern.Ssh.Messages;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Messages;

/// <summary>
/// For every message that is made of plain fields, with generated values in them: what is written is read the same, cut
/// at any byte it is refused or, where it is open-ended, read as a shorter one, and a byte behind the end is never
/// overlooked. Security 35, 72.
/// </summary>
public class MessagePropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(50);

    private static readonly Type[] Fields = [typeof(byte), typeof(uint), typeof(bool), typeof(string), typeof(byte[]), typeof(string[])];

    public static TheoryData<string> Types() => [.. Plain().Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Message_OfGeneratedFields_SurvivesAndIsWholeOrRefused(string name)
    {
        var type = Plain().Single(t => t.Name == name);
        var check = typeof(MessagePropertyTests).GetMethod(nameof(Check), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).CreateDelegate<Func<object, bool>>();
        Prop.ForAll<NonNegativeInt>(seed => check(Make(type, new Random(seed.Get)))).Check(Runs);
    }

    [Fact]
    public void NearlyEveryMessage_IsOfPlainFields() => Assert.InRange(Plain().Count, 25, 100);

    private static bool Check<T>(object made)
        where T : IMessage<T>
    {
        var payload = Encode((T)made);
        var read = MessageCodec.Read<T>(payload);
        if (!Encode(read).AsSpan().SequenceEqual(payload))
        {
            return false;
        }

        for (var length = 0; length < payload.Length; length++)
        {
            if (TryEncode<T>(payload.AsSpan(0, length)) is { } shorter && !shorter.AsSpan().SequenceEqual(payload.AsSpan(0, length)))
            {
                return false;
            }
        }

        byte[] longer = [.. payload, 0];
        return TryEncode<T>(longer) is not { } again || again.AsSpan().SequenceEqual(longer);
    }

    private static byte[]? TryEncode<T>(ReadOnlySpan<byte> payload)
        where T : IMessage<T>
    {
        try
        {
            return Encode(MessageCodec.Read<T>(payload));
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    private static byte[] Encode<T>(T message)
        where T : IMessage<T>
    {
        var buffer = new byte[16 * 1024];
        return buffer[..MessageCodec.Write(message, buffer)];
    }

    private static List<Type> Plain() =>
    [
        .. typeof(MessageCodec).Assembly.GetTypes()
            .Where(type => !type.IsByRefLike && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IMessage<>)))
            .Where(type => Constructor(type) is not { } constructor || constructor.GetParameters().All(p => Fields.Contains(p.ParameterType)))
            .Where(type => type.IsValueType || Constructor(type)?.GetParameters().Length > 0)
            .OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    private static ConstructorInfo? Constructor(Type type) =>
        type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault();

    private static object Make(Type type, Random random) => Constructor(type) is { } constructor
        ? constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p.ParameterType, random))])
        : Activator.CreateInstance(type)!;

    private static object Value(Type type, Random random)
    {
        if (type == typeof(byte[]))
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            return bytes;
        }

        return type == typeof(uint) ? unchecked((uint)random.NextInt64())
            : type == typeof(byte) ? (byte)random.Next(256)
            : type == typeof(bool) ? random.Next(2) == 1
            : type == typeof(string[]) ? Enumerable.Range(0, random.Next(5)).Select(_ => Name(random)).ToArray()
            : Name(random);
    }

    // Fit for every kind of text field: a name of the protocol.
    private static string Name(Random random) =>
        string.Concat(Enumerable.Range(0, 1 + random.Next(30)).Select(_ => (char)('a' + random.Next(26)))) + (random.Next(2) == 0 ? "@example.com" : "");
}
