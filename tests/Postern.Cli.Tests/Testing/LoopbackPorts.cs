namespace Postern.Cli.Tests.Testing;

/// <summary>Tests that use the eleven ports of the login page take turns.</summary>
[CollectionDefinition("loopback ports")]
public class LoopbackPorts;
