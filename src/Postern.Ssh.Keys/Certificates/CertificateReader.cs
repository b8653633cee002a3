using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>
/// Reads certificates (draft-miller-ssh-cert section 2.1): type, nonce, public fields, serial, kind, key id,
/// principals, valid after, valid before, critical options, extensions, reserved, signature key, signature.
/// </summary>
internal static class CertificateReader
{
    public static Certificate Read(ReadOnlySpan<byte> blob)
    {
        if (blob.Length > WireLimits.KeyBlob)
        {
            WireFormatException.Throw($"certificate of {blob.Length} bytes exceeds {WireLimits.KeyBlob}");
        }

        var reader = new WireReader(blob);
        var type = PublicKeyType.RequireCertificate(reader.ReadName(WireLimits.Name));
        reader.ReadString(CertificateLimits.Nonce);
        var key = ReadKey(type, blob, ref reader);
        var serial = reader.ReadUInt64();
        var kind = ReadKind(reader.ReadUInt32());
        var keyId = ReadPlainText(ref reader, CertificateLimits.KeyId, "key id");
        var principals = ReadPrincipals(reader.ReadString(WireLimits.KeyBlob));
        var validAfter = reader.ReadUInt64();
        var validBefore = reader.ReadUInt64();
        var criticalOptions = ReadOptions(reader.ReadString(WireLimits.KeyBlob));
        var extensions = ReadOptions(reader.ReadString(WireLimits.KeyBlob));
        reader.ReadString(CertificateLimits.Reserved);

        // PublicKey.Read refuses certificates, so that none can stand in for an authority, at any depth.
        var signatureKey = PublicKey.Read(reader.ReadString(WireLimits.KeyBlob));

        // What was signed is what was received, never what we would have written.
        var signed = blob[..reader.Position];
        var signature = reader.ReadString(WireLimits.Signature);
        reader.RequireEnd();
        var algorithm = new WireReader(signature).ReadName(WireLimits.Name);
        if (!signatureKey.Verify(algorithm, signed, signature))
        {
            WireFormatException.Throw("the certificate's signature does not verify");
        }

        return new Certificate
        {
            Type = type.CertificateName,
            Blob = blob.ToArray(),
            Key = key,
            Serial = serial,
            CertificateType = kind,
            KeyId = keyId,
            Principals = principals,
            ValidAfter = validAfter,
            ValidBefore = validBefore,
            CriticalOptions = criticalOptions,
            Extensions = extensions,
            SignatureKey = signatureKey,
            SignatureAlgorithm = algorithm,
        };
    }

    private static PublicKey ReadKey(PublicKeyType type, ReadOnlySpan<byte> blob, scoped ref WireReader reader)
    {
        var start = reader.Position;
        type.SkipFields(ref reader);
        var fields = blob[start..reader.Position];
        var key = new byte[sizeof(uint) + type.Name.Length + fields.Length];
        var writer = new WireWriter(key);
        writer.WriteText(type.Name);
        writer.WriteBytes(fields);
        return PublicKey.Read(key);
    }

    private static CertificateType ReadKind(uint kind) => kind switch
    {
        1 => CertificateType.User,
        2 => CertificateType.Host,
        _ => WireFormatException.Throw<CertificateType>($"certificates have no kind {kind}"),
    };

    private static List<string> ReadPrincipals(ReadOnlySpan<byte> packed)
    {
        var reader = new WireReader(packed);
        var principals = new List<string>();
        while (!reader.IsAtEnd)
        {
            if (principals.Count == CertificateLimits.Principals)
            {
                WireFormatException.Throw($"more than {CertificateLimits.Principals} principals");
            }

            var principal = ReadPlainText(ref reader, CertificateLimits.Principal, "principal");
            if (principal.Length == 0)
            {
                WireFormatException.Throw("a principal is empty");
            }

            principals.Add(principal);
        }

        return principals;
    }

    private static List<CertificateOption> ReadOptions(ReadOnlySpan<byte> packed)
    {
        var reader = new WireReader(packed);
        var options = new List<CertificateOption>();
        while (!reader.IsAtEnd)
        {
            if (options.Count == CertificateLimits.Options)
            {
                WireFormatException.Throw($"more than {CertificateLimits.Options} options");
            }

            var name = reader.ReadName(WireLimits.ExtendedName);
            if (name.Length == 0)
            {
                WireFormatException.Throw("an option has no name");
            }

            if (options.Count > 0 && string.CompareOrdinal(options[^1].Name, name) >= 0)
            {
                WireFormatException.Throw("options are not in lexical order, or one is repeated");
            }

            options.Add(new CertificateOption(name, ReadOptionValue(reader.ReadString(CertificateLimits.OptionValue))));
        }

        return options;
    }

    private static string ReadOptionValue(ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.IsEmpty)
        {
            return string.Empty;
        }

        var reader = new WireReader(wrapped);
        var value = reader.ReadText(CertificateLimits.OptionValue);
        reader.RequireEnd();
        return value;
    }

    // Names go to logs and terminals: who puts control characters into them has nothing honest in mind.
    private static string ReadPlainText(scoped ref WireReader reader, int limit, string field)
    {
        var text = reader.ReadText(limit);
        if (text.Any(char.IsControl))
        {
            WireFormatException.Throw($"the {field} holds control characters");
        }

        return text;
    }
}
