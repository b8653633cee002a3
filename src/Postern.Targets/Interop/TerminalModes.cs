using System.Buffers.Binary;

namespace Postern.Targets.Interop;

/// <summary>Translates the terminal modes of a pty-req (RFC 4254 section 8, RFC 8160) to the kernel's flags.</summary>
internal static unsafe class TerminalModes
{
    private const byte End = 0;
    private const byte FirstOpcodeWithoutLength = 160;
    private const byte FirstFlagOpcode = 30;
    private const uint DisabledCharacter = 255;
    private const uint CharacterSizeMask = 0x30;
    private const byte CharacterSize7 = 90;
    private const byte CharacterSize8 = 91;

    private enum Field
    {
        Input,
        Local,
        Output,
        Control,
    }

    /// <summary>
    /// Applies what the encoded modes say. Opcodes that Linux does not know are skipped; a truncated pair and the
    /// opcodes from 160 on, whose length nobody knows, end the list.
    /// </summary>
    internal static void Apply(ReadOnlySpan<byte> modes, ref TerminalAttributes attributes)
    {
        while (modes.Length >= 5 && modes[0] is not End and < FirstOpcodeWithoutLength)
        {
            byte opcode = modes[0];
            uint value = BinaryPrimitives.ReadUInt32BigEndian(modes[1..]);
            modes = modes[5..];
            if (opcode < FirstFlagOpcode)
            {
                SetCharacter(ref attributes, opcode, value);
            }
            else if (opcode is CharacterSize7 or CharacterSize8)
            {
                SetCharacterSize(ref attributes, opcode, value);
            }
            else if (FindFlag(opcode) is { } flag)
            {
                SetFlag(ref attributes, flag.Field, flag.Bit, value != 0);
            }
        }
    }

    // Index in c_cc by opcode.
    private static int? FindCharacter(byte opcode) => opcode switch
    {
        1 => 0, // VINTR
        2 => 1, // VQUIT
        3 => 2, // VERASE
        4 => 3, // VKILL
        5 => 4, // VEOF
        6 => 11, // VEOL
        7 => 16, // VEOL2
        8 => 8, // VSTART
        9 => 9, // VSTOP
        10 => 10, // VSUSP
        12 => 12, // VREPRINT
        13 => 14, // VWERASE
        14 => 15, // VLNEXT
        16 => 7, // VSWTC
        18 => 13, // VDISCARD
        _ => null,
    };

    private static (Field Field, uint Bit)? FindFlag(byte opcode) => opcode switch
    {
        30 => (Field.Input, 0x4), // IGNPAR
        31 => (Field.Input, 0x8), // PARMRK
        32 => (Field.Input, 0x10), // INPCK
        33 => (Field.Input, 0x20), // ISTRIP
        34 => (Field.Input, 0x40), // INLCR
        35 => (Field.Input, 0x80), // IGNCR
        36 => (Field.Input, 0x100), // ICRNL
        37 => (Field.Input, 0x200), // IUCLC
        38 => (Field.Input, 0x400), // IXON
        39 => (Field.Input, 0x800), // IXANY
        40 => (Field.Input, 0x1000), // IXOFF
        41 => (Field.Input, 0x2000), // IMAXBEL
        42 => (Field.Input, 0x4000), // IUTF8
        50 => (Field.Local, 0x1), // ISIG
        51 => (Field.Local, 0x2), // ICANON
        52 => (Field.Local, 0x4), // XCASE
        53 => (Field.Local, 0x8), // ECHO
        54 => (Field.Local, 0x10), // ECHOE
        55 => (Field.Local, 0x20), // ECHOK
        56 => (Field.Local, 0x40), // ECHONL
        57 => (Field.Local, 0x80), // NOFLSH
        58 => (Field.Local, 0x100), // TOSTOP
        59 => (Field.Local, 0x8000), // IEXTEN
        60 => (Field.Local, 0x200), // ECHOCTL
        61 => (Field.Local, 0x800), // ECHOKE
        62 => (Field.Local, 0x4000), // PENDIN
        70 => (Field.Output, 0x1), // OPOST
        71 => (Field.Output, 0x2), // OLCUC
        72 => (Field.Output, 0x4), // ONLCR
        73 => (Field.Output, 0x8), // OCRNL
        74 => (Field.Output, 0x10), // ONOCR
        75 => (Field.Output, 0x20), // ONLRET
        92 => (Field.Control, 0x100), // PARENB
        93 => (Field.Control, 0x200), // PARODD
        _ => null,
    };

    private static void SetCharacter(ref TerminalAttributes attributes, byte opcode, uint value)
    {
        if (FindCharacter(opcode) is { } index)
        {
            attributes.ControlCharacters[index] = value == DisabledCharacter ? (byte)0 : (byte)value;
        }
    }

    private static void SetCharacterSize(ref TerminalAttributes attributes, byte opcode, uint value)
    {
        if (value != 0)
        {
            uint size = opcode == CharacterSize7 ? 0x20u : CharacterSizeMask;
            attributes.ControlFlags = (attributes.ControlFlags & ~CharacterSizeMask) | size;
        }
    }

    private static void SetFlag(ref TerminalAttributes attributes, Field field, uint bit, bool isSet)
    {
        ref uint flags = ref attributes.InputFlags;
        switch (field)
        {
            case Field.Local:
                flags = ref attributes.LocalFlags;
                break;
            case Field.Output:
                flags = ref attributes.OutputFlags;
                break;
            case Field.Control:
                flags = ref attributes.ControlFlags;
                break;
        }

        flags = isSet ? flags | bit : flags & ~bit;
    }
}
