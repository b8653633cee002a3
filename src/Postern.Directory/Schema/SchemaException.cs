namespace Postern.Directory.Schema;

/// <summary>The database cannot be used by this program; the message says why and what to do.</summary>
public sealed class SchemaException(string message) : Exception(message);
